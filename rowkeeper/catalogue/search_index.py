"""The index of all passages: a SQLite file beside the published catalogue, for either engine.

It has whole passages, so that it can be searched, and opened by other programs, without the
warehouse. What is in it already stays: a text is known by its content.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from rowkeeper.catalogue.folding import indexed
from rowkeeper.catalogue.publish import published_path, reader
from rowkeeper.core.disk.own import refuse_links
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.errors import BusyError, DiskError, NothingError
from rowkeeper.core.warehouse import Row, Warehouse
from rowkeeper.workspace.context import Context

FORMAT = 2
NAME = "search.sqlite"
SCHEMA = """
create table about (name text primary key, value text);
create table people (row_id text primary key, name text, personality_type text);
create table contents (content_id integer primary key, text_key text unique not null);
create table passages (
    passage_id integer primary key, content_id integer not null, position integer not null,
    start_s real, end_s real, passage text not null, words text not null, who text not null
);
create index passages_content on passages (content_id);
create table texts (
    owner_key text primary key, content_id integer not null, person_row_id text not null,
    asset_id text, asset_type text, kind text, language text, source text, original_url text,
    title text
);
create index texts_content on texts (content_id);
create virtual table passages_fts using fts5 (
    words, who, content='passages', content_rowid='passage_id',
    tokenize="unicode61 remove_diacritics 2"
);
"""
PEOPLE = "select row_id, name, personality_type from {schema}.people"
TEXTS = """
select owner_key, text_key, person_row_id, asset_id, asset_type, kind, language, source,
    original_url, title
from {schema}.read_texts where text_key is not null
"""
PASSAGES = """
select text_key, position, start_s, end_s, passage from raw.passages
where text_key = any(?) order by text_key, position
"""
BATCH = 500
"""Texts."""


def who_of(content_id: int) -> str:
    """The word by which FTS5 finds the passages of a content among those of all."""
    return f"c{content_id}"


def add_passages(index: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Put passages into their table: id, content's id, position, start, end, and what is said."""
    index.executemany(
        "insert into passages values (?, ?, ?, ?, ?, ?, ?, ?)",
        ((*row, indexed(row[-1]), who_of(row[1])) for row in rows),
    )


def index_path(context: Context) -> Path:
    """Where the index is."""
    target = context.target
    folder = (
        published_path(target).parent
        if target.type == "duckdb"
        else context.settings.data_dir / "published"
    )
    return folder / NAME


def renew_index(context: Context) -> bool:
    """Bring the index up to the catalogue for readers; did anything change?

    Raises ``WarehouseError`` before the first run and ``DiskError``.
    """
    path = index_path(context)
    with reader(context) as warehouse:
        there = warehouse.tables(warehouse.schema)
        if "read_texts" not in there:  # what an earlier version has published
            return False
        people = sorted(warehouse.query(PEOPLE))
        texts = sorted(warehouse.query(TEXTS), key=str)
        made_of = sha256(repr((context.target.where, people, texts)).encode()).hexdigest()
        if _made_of(path) == made_of:
            return False
        refuse_links(path.parents[1], path.parent)  # also where no lock is held
        make_folder(path.parent)
        with _writer(path) as index:
            _fill(index, warehouse, people, texts)
            about = [("made_of", made_of), ("format", str(FORMAT))]
            index.executemany("insert or replace into about values (?, ?)", about)
    return True


@contextmanager
def open_index(context: Context) -> Iterator[sqlite3.Connection]:
    """The index, to be read. Raises ``NothingError`` where there is none, ``DiskError``."""
    path = index_path(context)
    if not path.is_file():
        raise NothingError(
            "There is nothing to search yet: rowkeeper run reads the words of what it fetches, "
            "rowkeeper read-words those of an older archive."
        )
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        yield connection
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error
    finally:
        connection.close()


def _made_of(path: Path) -> str | None:
    """What the index was made of; None where there is none of this format that can be read."""
    if not path.is_file():
        return None
    connection = sqlite3.connect(path)
    try:
        about = dict(connection.execute("select name, value from about").fetchall())
        return about.get("made_of") if about.get("format") == str(FORMAT) else None
    except sqlite3.DatabaseError:
        return None
    finally:
        connection.close()


@contextmanager
def _writer(path: Path) -> Iterator[sqlite3.Connection]:
    """The index, to be changed in one transaction; one that is damaged or older is made anew."""
    if _made_of(path) is None:
        path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("begin immediate")
        if not connection.execute("select 1 from sqlite_master").fetchone():
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
        yield connection
        connection.execute("commit")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise BusyError(
                f"Another command renews {path}: wait until it has ended, then search again."
            ) from None
        raise _unusable(path, error) from error
    finally:
        connection.close()


def _unusable(path: Path, error: sqlite3.DatabaseError) -> DiskError:
    return DiskError(
        f"The index of words, {path}, can't be used ({error}): see that its disk has room, or "
        "remove the file; the next rowkeeper search makes it anew."
    )


def _fill(
    index: sqlite3.Connection,
    warehouse: Warehouse,
    people: Sequence[Row],
    texts: Sequence[Row],
) -> None:
    known = dict(index.execute("select text_key, content_id from contents").fetchall())
    wanted = {row[1] for row in texts}
    for gone in sorted(known.keys() - wanted):
        _remove(index, known.pop(gone))
    fresh = sorted(wanted - known.keys())
    for start in range(0, len(fresh), BATCH):
        known |= _add(index, warehouse, fresh[start : start + BATCH])
    index.execute("delete from people")
    index.executemany("insert into people values (?, ?, ?)", people)
    index.execute("delete from texts")
    index.executemany(
        "insert into texts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(owner, known[key], *facts) for owner, key, *facts in texts],
    )


def _remove(index: sqlite3.Connection, content_id: int) -> None:
    index.execute(
        "insert into passages_fts (passages_fts, rowid, words, who) "
        "select 'delete', passage_id, words, who from passages where content_id = ?",
        [content_id],
    )
    for table in ("passages", "contents"):
        index.execute(f"delete from {table} where content_id = ?", [content_id])


def _add(index: sqlite3.Connection, warehouse: Warehouse, keys: list[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for key in keys:
        inserted = index.execute("insert into contents (text_key) values (?)", [key])
        ids[key] = int(inserted.lastrowid or 0)
    rows: list[tuple[Any, ...]] = [
        (ids[key], *row) for key, *row in warehouse.query(PASSAGES, [keys])
    ]
    first = index.execute("select coalesce(max(passage_id), 0) from passages").fetchone()[0] + 1
    add_passages(index, [(number, *row) for number, row in enumerate(rows, first)])
    index.execute(
        "insert into passages_fts (rowid, words, who) "
        "select passage_id, words, who from passages where passage_id >= ?",
        [first],
    )
    return ids
