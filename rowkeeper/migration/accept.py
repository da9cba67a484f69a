"""Rows in quarantine that somebody knows: accepted for a person by an event, or released again."""

from collections.abc import Sequence
from dataclasses import dataclass

from loaders.row_keys import RowIds, known_row_ids
from rowkeeper.catalogue.publish import publish
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import UsageError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.identity import row_id_key
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.build import refresh
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock, tables_lock

ROWS = """
select
    found.row_key,
    found.source,
    coalesce(files.file_name, 'sheet') as file,
    found.line,
    found.row_id,
    coalesce(found.name, '') as name,
    found.disposition,
    found.is_accepted
from {schema}.row_fates as found
left join {schema}.legacy_files as files on found.file_id = files.file_id
where (found.disposition = 'quarantined' or found.is_accepted)
    and found.disposition != 'repeat'
order by case when found.source = 'sheet' then found.observed_at end desc nulls last, found.row_key
"""
LAST = """
select coalesce(max(attempt), 0) from raw.asset_events
where event_type in ('row_accepted', 'row_released')
"""
PERSON = "select name from {schema}.people where row_id = ?"
SHOWN = 10


@dataclass(frozen=True)
class Row:
    """A row that is in quarantine, or was accepted out of it."""

    row_key: str
    source: str
    file: str
    line: int
    row_id: str
    name: str
    disposition: str
    is_accepted: bool

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def is_meant(self, word: str) -> bool:
        """Does ``word`` name it: as FILE:LINE, sheet:LINE, by the file's hash and line, its key?"""
        file, _, line = word.rpartition(":")
        same_file = len(file) >= 8 and self.row_key.startswith(file)
        return word in (self.row_key, self.place) or (same_file and line == str(self.line))


def accept(context: Context, words: Sequence[str], row_id: str) -> list[Row]:
    """Accept the quarantined rows that ``words`` name as ``row_id``'s; the tables follow.

    Raises ``UsageError`` for a word that names no such row, or several, and for a row id that
    nobody has where the row has no name.
    """
    if not row_id_key(row_id):
        raise UsageError("--as is the row id of a person, such as 432.")
    with run_lock(context):
        rows = _named(context, words, accepted=False)
        with connect(context.target, read_only=True) as warehouse:
            row_id = RowIds(known_row_ids(warehouse)).of(row_id, new=row_id_key(row_id))
            known = warehouse.query(PERSON, [row_id])
        nameless = [row.place for row in rows if not row.name.strip()]
        if nameless and not known:
            raise UsageError(
                f"Nobody has the row id {row_id}, and {nameless[0]} has no name to make a person "
                "of: give the row id of somebody in the table people."
            )
        _say(context, [(row, EventType.ROW_ACCEPTED, row_id) for row in rows])
    return rows


def release(context: Context, words: Sequence[str]) -> list[Row]:
    """Undo that the rows were accepted. Raises ``UsageError`` as above."""
    with run_lock(context):
        rows = _named(context, words, accepted=True)
        _say(context, [(row, EventType.ROW_RELEASED, row.row_id) for row in rows])
    return rows


def _named(context: Context, words: Sequence[str], *, accepted: bool) -> list[Row]:
    with connect(context.target, read_only=True) as warehouse:
        known = warehouse.records(Row, ROWS)
    rows = [row for row in known if row.is_accepted == accepted]
    chosen = []
    for word in words:
        meant = [row for row in rows if row.is_meant(word)]
        if not meant:
            what = "was accepted" if accepted else "is in quarantine"
            places = [row.place for row in rows]
            more = ", …" if len(places) > SHOWN else ""
            there = ", ".join(places[:SHOWN]) + more if places else "none"
            raise UsageError(f"No row {word} {what}: name a row as FILE:LINE; there are {there}.")
        newest = [row for row in meant if row.row_key.rpartition(":")[0] == _file_of(meant[0])]
        if len(newest) < len(meant) and meant[0].source == "legacy_csv":
            keys = ", ".join(row.row_key for row in meant)
            raise UsageError(f"{word} is a row of several files: name one of {keys}.")
        chosen.append(newest[0])
    return list({row.row_key: row for row in chosen}.values())


def _file_of(row: Row) -> str:
    return row.row_key.rpartition(":")[0]


def _say(context: Context, said: Sequence[tuple[Row, EventType, str]]) -> None:
    """Journal it, and build the tables anew, with the links of the rows under their row id."""
    folder, session_id = journal_dir(context.settings.data_dir), new_id()
    drain(folder, context.target)
    with connect(context.target) as warehouse:
        (last,) = warehouse.column(LAST)
    with Journal(folder) as journal:
        for row, event_type, row_id in said:
            last += 1
            journal.append(
                AssetEvent(
                    event_type=event_type,
                    session_id=session_id,
                    row_id=row_id,
                    attempt=last,
                    details={"row_key": row.row_key},
                )
            )
    drain(folder, context.target)
    with tables_lock(context):
        refresh(context)
    publish(context)
