"""The drain: from the journal's sealed segments to ``raw.asset_events``, each event once.

Which segments a warehouse holds is written in that warehouse, in the same transaction as their
events: a killed drain, another target and a warehouse restored from an old backup all mend
themselves at the next drain.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rowkeeper.core.database_format import DATABASE, check_database, write_format
from rowkeeper.core.events import FIELDS, AssetEvent, EventType, details_text
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.check import adopt, losses
from rowkeeper.core.journal.columns import ColumnReader, Sealed
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.formats import bring_forward
from rowkeeper.core.journal.journal import damaged, seal_abandoned, sealed_segments
from rowkeeper.core.journal.manifest import SEALED, read_manifest
from rowkeeper.core.journal.segments import SUFFIX, Finding, believed, segment_id
from rowkeeper.core.run_reports import REPORT_COLUMNS, REPORT_TYPES, deliver, has_reports
from rowkeeper.core.warehouse import Target, Warehouse, connect

COLUMNS = FIELDS
TYPES = {
    "event_id": "text primary key",
    "event_version": "bigint not null",
    "event_type": "text not null",
    "session_id": "text not null",
    "occurred_at": "timestamptz not null",
    "load_id": "text default ''",
    **REPORT_TYPES,
    **dict.fromkeys(("attempt", "size_bytes", "total_assets", "events"), "bigint"),
}
"""The columns of the drain's tables that are not plain text."""
SEGMENT_COLUMNS = ("segment_id", "events", "sha256", "folder_id")
EVENT_COLUMNS = (*COLUMNS, "load_id")
LOADED = """
insert into raw.event_loads (load_id, events)
select load_id, count(*) from raw.asset_events where load_id = ? group by load_id
"""
"""Names a load that brought anything new, so that a build knows what it has not seen yet."""
GROUP_BYTES = 32 << 20
"""Segments of so much together are moved in one transaction."""

UPGRADE = "a_newer_rowkeeper_wrote_this_database_upgrade_then_run_again"


def drain(folder: Path, target: Target, damage: list[Finding] | None = None) -> int:
    """Move what the journal at ``folder`` has and ``target`` has not; how many events were read.

    Segments of killed writers are sealed first. Every whole event is moved; what is damaged or
    missing is then appended to ``damage``, or raised as ``JournalDamagedError`` without one. Raises
    ``WarehouseError``: then the events stay in the journal, and the next drain takes them.
    """
    bring_forward(folder)
    seal_abandoned(folder)
    adopt(folder)
    segments = sealed_segments(folder)
    findings, count = losses(folder), 0
    if segments or has_reports(folder):
        with connect(target) as warehouse:
            create_tables(warehouse)
            count = _move(warehouse, folder, segments, findings)
            deliver(folder, warehouse)
    if findings and damage is None:
        raise damaged(findings)
    if damage is not None:
        damage += findings
    return count


def _move(
    warehouse: Warehouse, folder: Path, segments: dict[str, Path], findings: list[Finding]
) -> int:
    """Insert the events that the warehouse does not know; what is damaged goes into ``findings``.

    A damaged segment is not noted as held, so its salvaged events come again and change nothing.
    """
    ours = folder_id(folder.parent)
    held = set(warehouse.column("select segment_id from raw.journal_segments"))
    findings[:] = [_known_lost(item, held) for item in findings]
    findings += missing_segments(folder, held_here(warehouse, ours))
    with closing(ColumnReader()) as reader:
        groups = _groups([segments[name] for name in sorted(segments.keys() - held)])
        return sum(_take(warehouse, group, findings, ours, reader) for group in groups)


def _groups(paths: list[Path]) -> Iterator[list[Path]]:
    """The segments in groups of about ``GROUP_BYTES``."""
    group: list[Path] = []
    size = 0
    for path in paths:
        group.append(path)
        size += path.stat().st_size
        if size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _take(
    warehouse: Warehouse,
    paths: list[Path],
    findings: list[Finding],
    folder: str,
    reader: ColumnReader,
) -> int:
    """Insert the events of these segments in one transaction; how many there were."""
    if (read := reader.read(paths)) is not None:
        table, sealed = read
        with _loading(warehouse, sealed, folder) as load_id:
            warehouse.insert_new_table("raw.asset_events", _loaded(table, load_id), "event_id")
        return len(table)
    found = [believed(path) for path in paths]
    findings += [item for segment in found for item in segment.findings]
    events = [event for segment in found for event in segment.events]
    whole = [
        Sealed(segment.path, len(segment.events), segment.sha256)
        for segment in found
        if not segment.findings
    ]
    if events or whole:
        with _loading(warehouse, whole, folder) as load_id:
            told = [(*_row(event), load_id) for event in events]
            warehouse.insert_new("raw.asset_events", EVENT_COLUMNS, told, "event_id")
    return len(events)


def _known_lost(finding: Finding, held: set[str]) -> Finding:
    """``finding``, which costs nothing where the warehouse has the events of that segment."""
    is_held = finding.path.parent.name == SEALED and segment_id(finding.path) in held
    return replace(finding, lost=False) if is_held else finding


def held_here(warehouse: Warehouse, folder: str) -> set[str]:
    """The segments that ``warehouse`` holds and that came from the data folder of id ``folder``.

    A DuckDB file is one folder's; of Postgres, those that it took before it noted whose they are
    are nobody's.
    """
    whose = "coalesce(folder_id, ?)" if warehouse.is_duckdb else "folder_id"
    sql = f"select segment_id from raw.journal_segments where {whose} = ?"
    given = [folder, folder] if warehouse.is_duckdb else [folder]
    return set(warehouse.column(sql, given))


def missing_segments(folder: Path, held: set[str]) -> list[Finding]:
    """Those of the segments that the warehouse has of this journal which nothing here tells of."""
    known = read_manifest(folder)
    listed = {segment_id(Path(path)) for path in (*known.gone, *known.entries)}
    words = (
        "this sealed segment is missing; the warehouse has its events (where a copy of this data "
        "folder is in use as well, work in one of them alone)"
    )
    return [
        Finding(folder / SEALED / f"{name}{SUFFIX}", None, words, lost=False)
        for name in sorted(held - sealed_segments(folder).keys() - listed)
    ]


def create_statements() -> list[str]:
    """What makes the tables of the drain where they are not there yet."""
    since = "loaded_at timestamptz default current_timestamp"
    return [
        "create schema if not exists raw",
        f"create table if not exists raw.asset_events ({_columns(EVENT_COLUMNS)}, {since})",
        f"create table if not exists raw.journal_segments (segment_id text primary key, {since})",
        f"create table if not exists raw.event_loads "
        f"(load_id text primary key, events bigint not null, {since})",
        f"create table if not exists raw.run_reports ({_columns(REPORT_COLUMNS)}, {since})",
    ]


def create_tables(warehouse: Warehouse) -> None:
    """Make the drain's tables, or give older ones the columns that are new, and say the format.

    Each step may be done again; of several who want to at once, one does it after the other.
    Raises ``NewerVersionError`` if the database is newer.
    """
    number = check_database(warehouse)
    with warehouse.creating():
        _create_tables(warehouse, number)


def _create_tables(warehouse: Warehouse, number: int) -> None:
    there = warehouse.tables("raw")
    if "event_loads" in there and "asset_events" not in there:
        warehouse.execute("delete from raw.event_loads")  # of events that are gone
    for statement in create_statements():
        warehouse.execute(statement)
    _add_columns(warehouse, "asset_events", EVENT_COLUMNS)
    _add_columns(warehouse, "journal_segments", SEGMENT_COLUMNS)
    _name_load(warehouse)
    _stop_older(warehouse)
    if number < DATABASE:
        write_format(warehouse)


def _stop_older(warehouse: Warehouse) -> None:
    """Refuse the events of versions from before formats were numbered, in words that they show.

    They read no format, but say of no segment whose it is. Their events stay in their journals.
    """
    if warehouse.is_duckdb:  # one folder's, whose journal stops them
        return
    if not warehouse.query("select 1 from pg_constraint where conname = ?", [UPGRADE]):
        warehouse.execute(
            f"alter table raw.journal_segments add constraint {UPGRADE} "
            "check (folder_id is not null) not valid"
        )


def _name_load(warehouse: Warehouse) -> None:
    """Make a load of the events that are of none: those of versions that named no loads."""
    if not warehouse.is_duckdb:
        warehouse.execute(
            "create index if not exists asset_events_load_id on raw.asset_events (load_id)"
        )
    if warehouse.query("select 1 from raw.asset_events where load_id = '' limit 1"):
        load_id = new_id()
        with warehouse.transaction():
            sql = "update raw.asset_events set load_id = ? where load_id = ''"
            warehouse.execute(sql, [load_id])
            warehouse.execute(LOADED, [load_id])


def _add_columns(warehouse: Warehouse, table: str, columns: Sequence[str]) -> None:
    there = warehouse.columns("raw", table)
    for name in columns:
        if name not in there:
            warehouse.execute(f"alter table raw.{table} add column {_columns([name])}")


def _columns(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in names)


@contextmanager
def _loading(warehouse: Warehouse, segments: list[Sealed], folder: str) -> Iterator[str]:
    """The id of a load whose events are inserted within: with them it is noted that ``warehouse``
    holds ``segments``, or neither."""
    load_id = new_id()
    with warehouse.transaction():
        yield load_id
        warehouse.execute(LOADED, [load_id])
        rows = [(segment_id(item.path), item.events, item.sha256, folder) for item in segments]
        warehouse.insert_new("raw.journal_segments", SEGMENT_COLUMNS, rows, "segment_id")


def _loaded(table: Any, load_id: str) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped]

    return table.append_column("load_id", pa.repeat(load_id, len(table)))


def _row(event: AssetEvent) -> tuple[Any, ...]:
    values = event.values()
    values["event_type"] = EventType(event.event_type).value
    values["details"] = details_text(event.details)
    return tuple(values.values())
