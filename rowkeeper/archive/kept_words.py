"""What was read in texts, kept beside the journal before the tables have it.

A file holds a line for each text, and is written whole or not at all. Nothing in it is anybody's
only copy: what is damaged here is read again in the archive.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from downloaders.passages import Passage
from rowkeeper.core.disk.own import is_own_file
from rowkeeper.core.files import write_whole
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.segments import is_own
from rowkeeper.core.text import to_json
from rowkeeper.core.warehouse import Row, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import tables_lock

SUFFIX = ".jsonl.gz"
TEXT_COLUMNS = ("text_key", "content_sha256", "form", "rules", "passages", "kept_in")
PASSAGE_COLUMNS = ("text_key", "position", "start_s", "end_s", "passage")
BATCH_PASSAGES = 50_000


@dataclass(frozen=True)
class Text:
    """A text as it was read. ``content_sha256`` is of its bytes, ``form`` says how it is read."""

    content_sha256: str
    form: str
    rules: int
    passages: tuple[Passage, ...]

    @property
    def key(self) -> str:
        """What the tables know it by."""
        return f"{self.content_sha256}/{self.form}/{self.rules}"


def words_dir(data_dir: Path) -> Path:
    """Where the files are."""
    return journal_dir(data_dir) / "words"


def keep(context: Context, texts: Sequence[Text]) -> None:
    """Write ``texts`` to a file of their own, then into the tables. Raises ``DiskError``."""
    if texts:
        name = new_id()
        body = "".join(f"{to_json(_as_record(text))}\n" for text in texts).encode()
        path = words_dir(context.settings.data_dir) / f"{name}{SUFFIX}"
        write_whole(path, gzip.compress(body, mtime=0))
        _insert(context, name, texts)


def take_kept(context: Context) -> int:
    """Fill the tables from the files that they have not seen; how many texts these hold."""
    folder = words_dir(context.settings.data_dir)
    named = ((path.name.removesuffix(SUFFIX), path) for path in folder.glob(f"*{SUFFIX}"))
    files = {name: path for name, path in named if is_own(name) and is_own_file(path)}
    if not files:
        return 0
    with connect(context.target) as warehouse:
        known = warehouse.column("select distinct kept_in from raw.texts_read")
    count = 0
    for name in sorted(files.keys() - set(known)):
        if texts := list(_read(files[name])):
            _insert(context, name, texts)
            count += len(texts)
    return count


def _insert(context: Context, name: str, texts: Sequence[Text]) -> None:
    """Write the texts that the tables have not; two data folders may have read the same."""
    with tables_lock(context), connect(context.target) as warehouse:
        keys = [text.key for text in texts]
        sql = "select text_key from raw.texts_read where text_key = any(?)"
        held = set(warehouse.column(sql, [keys]))
        fresh = list({text.key: text for text in texts if text.key not in held}.values())
        with warehouse.transaction():
            rows = [
                (text.key, text.content_sha256, text.form, text.rules, len(text.passages), name)
                for text in fresh
            ]
            warehouse.insert("raw.texts_read", TEXT_COLUMNS, rows)
            for batch in _batches(fresh):
                warehouse.insert("raw.passages", PASSAGE_COLUMNS, batch)


def _batches(texts: Sequence[Text]) -> Iterator[list[Row]]:
    rows: list[Row] = []
    for text in texts:
        for position, one in enumerate(text.passages, 1):
            rows.append((text.key, position, one.start_s, one.end_s, one.text))
        if len(rows) >= BATCH_PASSAGES:
            yield rows
            rows = []
    yield rows


def _as_record(text: Text) -> dict[str, Any]:
    return {
        "sha256": text.content_sha256,
        "form": text.form,
        "rules": text.rules,
        "passages": [[one.start_s, one.end_s, one.text] for one in text.passages],
    }


def _read(path: Path) -> Iterator[Text]:
    """The texts of a file; none of one that is damaged."""
    try:
        lines = gzip.decompress(path.read_bytes()).splitlines()
        for record in map(json.loads, lines):
            passages = (Passage(words, start, end) for start, end, words in record["passages"])
            yield Text(record["sha256"], record["form"], record["rules"], tuple(passages))
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return
