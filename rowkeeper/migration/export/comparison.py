"""What the way back would lose: the CSV that it writes against the one there and all loaded."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rowkeeper.core.errors import UsageError
from rowkeeper.core.warehouse import LOADED, Warehouse, connect
from rowkeeper.migration.export.losses import (
    EXAMPLES,
    UNREAD,
    UNTOLD,
    Loss,
    Source,
    find_losses,
)
from rowkeeper.migration.export.plain_csv import (
    Table,
    column_keys,
    read_table,
    row_cells,
    title_key,
)
from rowkeeper.workspace.context import Context

COLUMNS = (
    *("row_id", "name", "email", "type", "link", "doc_link", "extracted_links", "youtube_playlist"),
    *("google_drive", "processed", "document_text", "extraction_date"),
    *("youtube_status", "youtube_files", "youtube_media_id"),
    *("drive_status", "drive_files", "drive_media_id"),
    *("last_download_attempt", "download_errors", "permanent_failure", "file_uuids", "s3_paths"),
)
ROWS = f"""
select
    files.file_name,
    files.file_sha256,
    shown.disposition,
    shown.is_superseded,
    shown.reason,
    shown.row_id as person,
    legacy.generation,
    files.header,
    files.layout,
    legacy.cells,
    {", ".join(f"legacy.{name}" for name in COLUMNS)}
from raw.legacy_csv_rows as legacy
inner join raw.legacy_csv_files as files on legacy.file_sha256 = files.file_sha256
inner join {{schema}}.row_fates as found on legacy.row_key = found.row_key
inner join {{schema}}.row_fates as shown on found.representative_key = shown.row_key
where legacy.{LOADED}
    and (found.disposition != 'repeat' or files.file_sha256 = ?)
order by files.file_name, legacy.line
"""
PEOPLE = """
select row_id, coalesce(name, '') as name, coalesce(email, '') as email from {schema}.people
"""
OBJECTS = """
select person_row_id, cast(asset_id as text) as asset_id, object_key, legacy_object_uuid
from {schema}.assets
where object_key is not null
"""
LEFT_OUT = "left out by legacy_csv.ignore"


class KnownPerson(NamedTuple):
    """A person of the tables by what people know them by."""

    row_id: str
    name: str
    email: str


class KnownObject(NamedTuple):
    """What the tables call an object of a person."""

    person_row_id: str
    asset_id: str
    object_key: str
    legacy_object_uuid: str | None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(filter(None, (self.asset_id, self.object_key, self.legacy_object_uuid)))


@dataclass(frozen=True)
class Comparison:
    """``losses`` stop the way back. ``untold`` are cells of other files for which it has no column,
    ``aside`` rows of other files that are in quarantine, and ``ignored`` those that a rule leaves
    out: they are told."""

    losses: tuple[Loss, ...]
    untold: tuple[Loss, ...]
    aside: int
    ignored: int


def compare(context: Context, data: bytes, path: Path, base_sha256: str) -> Comparison:
    """``data``, which is to be written to ``path``, against what is there and what was loaded.

    ``base_sha256`` is the loaded file that it starts from, '' without one. A quarantined row counts
    only if that file has it: no CSV of another ever had to. Raises ``UsageError``.
    """
    titles = context.settings.legacy_csv.columns
    written = read_table(data, titles)
    there = _there(path, titles)
    sources = list(_replaced(path, there))
    aside = ignored = 0
    with connect(context.target, read_only=True) as warehouse:
        people = warehouse.records(KnownPerson, PEOPLE)
        names = {person.row_id: (person.name, person.email) for person in people}
        objects = {
            item.person_row_id: item.names for item in warehouse.records(KnownObject, OBJECTS)
        }
        for source, sha, fate in _loaded(warehouse, base_sha256, titles):
            if fate == "ignored":
                ignored += 1
            elif fate == "quarantined" and sha != base_sha256:
                aside += 1
            else:
                sources.append(source)
    every = find_losses(written, sources, names, objects)
    losses = (*_unread(path, there), *(loss for loss in every if loss.kind != UNTOLD))
    return Comparison(losses, tuple(loss for loss in every if loss.kind == UNTOLD), aside, ignored)


def _there(path: Path, titles: dict[str, str]) -> Table:
    """The file that is there now."""
    if not path.is_file():
        return Table((), ())
    try:
        return read_table(path.read_bytes(), titles)
    except OSError as error:
        raise UsageError(
            f"{path} can't be read ({error.strerror}), so nothing says what would be lost with it: "
            "give another place."
        ) from error


def _replaced(path: Path, there: Table) -> Iterator[Source]:
    """Its rows, if anything says what their cells are."""
    for row in there.rows if _is_known(there) else ():
        yield Source(path.name, row, is_replaced=True)


def _unread(path: Path, there: Table) -> Iterator[Loss]:
    """What it holds under titles of which none is known."""
    if there.columns and not _is_known(there):
        count = 1 + len(there.rows)
        lines = tuple(str(number) for number in range(1, min(count, EXAMPLES) + 1))
        yield Loss(UNREAD, "", count, lines, (path.name,))


def _is_known(table: Table) -> bool:
    return not set(COLUMNS).isdisjoint(table.columns)


def _loaded(
    warehouse: Warehouse, base_sha256: str, titles: Mapping[str, str]
) -> Iterator[tuple[Source, str, str]]:
    """The rows of all loaded files but repeats, the hash of the file, and what became of each."""
    own = {title_key(title): name for name, title in titles.items()}
    rows: list[dict[str, Any]] = warehouse.records(dict, ROWS, [base_sha256])
    for loaded in rows:
        row = {name: loaded[name] for name in COLUMNS}
        keys, cells = column_keys(json.loads(loaded["header"]), own), json.loads(loaded["cells"])
        known = json.loads(loaded["layout"] or "[]")
        unknown = {keys[at]: at for at, ours in enumerate(known) if not ours}
        if loaded["generation"] is None:  # no layout fits it: it is what a reader takes it for
            row = row_cells(keys, cells)
        elif len(cells) == len(keys):
            row |= {key: cells[at] for key, at in unknown.items()}
        row = {column: cell for column, cell in row.items() if cell}
        if loaded["disposition"] == "quarantined" and not loaded["is_superseded"]:
            fate, person = "quarantined", None
            if str(loaded["reason"]).startswith(LEFT_OUT):
                fate = "ignored"
        else:
            fate, person = "used", loaded["person"]
        source = Source(loaded["file_name"], row, person, frozenset(unknown))
        yield source, loaded["file_sha256"], fate


def refusal(path: Path, losses: tuple[Loss, ...]) -> str:
    """Why ``path`` is not written, and what to do."""
    return (
        f"{path} was left as it is, for what the tables say lacks something: "
        f"{'; '.join(map(str, losses))}. See rowkeeper migrate rollback; settle it with rowkeeper "
        "migrate accept or legacy_csv.ignore, or accept it with --accept-losses or "
        "legacy_csv.accept_losses."
    )
