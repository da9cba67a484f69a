"""The published tables as ``reconcile`` reads them, and the raw rows that they are made from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple

from rowkeeper.core.warehouse import LOADED, Warehouse

Record = dict[str, Any]

PEOPLE = """select row_id, name, email, personality_type, typing_document_link, status, notes,
    source_row_key from {schema}.people"""
CONTEXT = ", ".join(
    f"cast(metadata as json) ->> '{key}' as {name}"
    for key, name in (
        ("row_id", "context_row_id"),
        ("name", "context_name"),
        ("email", "context_email"),
        ("type", "context_type"),
        ("source_row", "source_row_key"),
        ("source_column", "source_column"),
        ("url_as_found", "url_as_found"),
    )
)
ASSETS = f"""select asset_id, person_row_id, provider, media_id, asset_kind, asset_type,
    original_url, download_status, upload_status, archived_by, local_file_path, cloud_storage_url,
    is_wanted, is_known_earlier, left_at, is_provisional, sha256, legacy_object_key,
    legacy_object_uuid, {CONTEXT}
    from {{schema}}.assets"""
CONTENT = """select row_id, name, email, personality_type, asset_id, asset_type, asset_kind,
    provider, media_id, original_url, download_status, local_file_path, cloud_storage_url,
    archived, archived_by from {schema}.person_content"""
COVERAGE = """select row_id, name, email, personality_type, expected, held, archived, claimed,
    failed, missing, unsupported_links, is_complete, incomplete_lists, provisional, known_earlier
    from {schema}.coverage"""
MEDIA = """select provider, media_id, asset_kind, asset_type, asset_count, row_ids,
    download_status, is_archived, sha256_count from {schema}.media"""
HISTORY = """select row_id, version, name, email, personality_type, source_link, valid_from
    from {schema}.people_history"""
UNVERIFIED = """select claim_key, standing, reason, claim, words, row_id, name, provider, media_id,
    file_name, object_uuid, object_key, legacy_file, line from {schema}.unverified_claims"""
UNSUPPORTED = """select row_id, count(distinct canonical_url) as links from {schema}.links
    where fate = 'unsupported' and is_current group by row_id"""
REPEATED = "case when same.row_id = found.row_id then same.disposition end as repeated"
BECAME = f"""
left join {{schema}}.row_fates as found on source.row_key = found.row_key
left join {{schema}}.row_fates as same on found.representative_key = same.row_key
where source.{LOADED}
"""
"""What became of the raw rows that are loaded."""
SHEET_ROWS = f"""
select source.row_key, 'sheet' as source, source.snapshot_id as file_id, shots.source as file,
    source.sheet_row as line, cast(null as timestamptz) as observed_at, source.name,
    source.email, source.type, source.status, source.notes, found.disposition, found.row_id,
    {REPEATED}
from raw.sheet_rows as source
left join raw.sheet_snapshots as shots on source.snapshot_id = shots.snapshot_id
{BECAME}
"""
SNAPSHOTS = f"""
select snapshot_id, observed_at, _dlt_load_id as load_id from raw.sheet_snapshots where {LOADED}
order by snapshot_number nulls first, observed_at, snapshot_id
"""
FILE_LOADS = f"select file_sha256, _dlt_load_id from raw.legacy_csv_files where {LOADED}"
TICK = timedelta(microseconds=1)
LEGACY_ROWS = f"""
select source.row_key, 'legacy_csv' as source, source.file_sha256 as file_id,
    files.file_name as file, source.line, files.file_mtime as observed_at, source.name,
    source.email, source.type, null as status, null as notes, found.disposition, found.row_id,
    {REPEATED}
from raw.legacy_csv_rows as source
left join raw.legacy_csv_files as files on source.file_sha256 = files.file_sha256
{BECAME}
"""
CELLS = """select row_key, cells from raw.{table} where row_key in
    (select cast(metadata as json) ->> 'source_row' from {schema}.assets)"""
CELL_LINKS = f"""select row_key, source, column_name as column, url, canonical_url,
    coalesce(shows_canonical, rule is null) as shows_canonical from raw.links
    where column_name in ('link', 'name', 'type') and {LOADED}
    order by case when column_name = 'link' then 0 else 1 end, position, link_key"""
MENTIONS = f"""
select asset_id, row_id, provider, media_id, asset_kind from raw.links
where asset_id is not null and {LOADED}
union
select cast(asset_id as text), row_id, provider, media_id, asset_kind from raw.asset_events
where asset_id is not null and event_type != 'identified'
"""
IDENTIFIED = """select distinct cast(asset_id as text) from raw.asset_events
    where event_type = 'identified'"""


class SnapshotTime(NamedTuple):
    """When a snapshot was taken, by the clock of its machine, and which load brought it."""

    snapshot_id: str
    observed_at: Any
    load_id: str


class Mention(NamedTuple):
    """A raw link or event that says what an asset is, and whose."""

    asset_id: str
    row_id: str
    provider: str
    media_id: str
    asset_kind: str


@dataclass(frozen=True)
class RawRow:
    """A raw row of any source and any time; ``disposition`` is None where no model has it."""

    row_key: str
    source: str
    file_id: str
    file: str
    line: int
    observed_at: Any
    """A datetime; None where the source has no time."""
    name: str | None
    email: str | None
    type: str | None
    status: str | None
    notes: str | None
    disposition: str | None
    row_id: str | None
    repeated: str | None

    @property
    def place(self) -> tuple[str, int]:
        return self.file, self.line

    @property
    def is_of_somebody(self) -> bool:
        """It is used, or repeats a row that is, and is read as the same person's."""
        return "used" in (self.disposition, self.repeated)


@dataclass(frozen=True)
class CellLink:
    """A link in a cell ``link``, ``name`` or ``type`` of a raw row, the personal one first."""

    row_key: str
    source: str
    column: str
    url: str
    canonical_url: str
    shows_canonical: bool

    @property
    def shown(self) -> str:
        """The link as ``people`` has it: an earlier version told the canonical form alone."""
        return self.canonical_url if self.shows_canonical else self.url


@dataclass(frozen=True)
class Published:
    """The published tables and what they are compared with."""

    people: dict[str, Record]
    assets: dict[str, Record]
    content: list[Record]
    coverage: dict[str, Record]
    media: list[Record]
    history: list[Record]
    unverified: list[Record]
    unsupported: dict[str, int]
    rows: dict[str, RawRow]
    cells: dict[str, str]
    """Row key -> cells, of the rows that assets were found in."""
    links: dict[str, list[CellLink]]
    mentions: dict[str, set[tuple[str, str, str, str]]]
    """Asset id -> (row id, provider, media id, kind) of each raw link and event."""
    identified: set[str]
    """The assets that are not what their links looked like."""

    def place(self, row_id: str | None, table: str) -> tuple[str, int]:
        """File and line of the row that a person is made from, else of any row of theirs, else
        ``table``, which is in question."""
        person = self.people.get(row_id or "")
        row = self.rows.get(person["source_row_key"]) if person else None
        if row is None and row_id:  # people may be what was changed
            mine = [row for row in self.rows.values() if row.row_id == row_id]
            row = next((row for row in mine if row.is_of_somebody), mine[0] if mine else None)
        return row.place if row else (table, 0)

    def asset_place(self, asset: Record, table: str) -> tuple[str, int]:
        """File and line of the row that an asset was found in, else as ``place``."""
        row = self.rows.get(asset["source_row_key"] or "")
        return row.place if row else self.place(asset["person_row_id"], table)


def read_published(warehouse: Warehouse, schema: str) -> Published:
    """All published tables."""

    def read(sql: str) -> list[Record]:
        return warehouse.records(dict, sql)

    snapshots, loads = _times(warehouse.records(SnapshotTime, SNAPSHOTS))
    files = warehouse.lookup("file_sha256", "_dlt_load_id", FILE_LOADS)
    raw_rows = [
        replace(row, observed_at=snapshots.get(row.file_id))
        for row in warehouse.records(RawRow, SHEET_ROWS)
    ]
    for row in warehouse.records(RawRow, LEGACY_ROWS):
        latest = loads.get(files.get(row.file_id))
        if latest is not None and row.observed_at is not None and row.observed_at >= latest:
            row = replace(row, observed_at=latest - TICK)
        raw_rows.append(row)
    cells: dict[str, str] = {}
    for table in ("sheet_rows", "legacy_csv_rows"):
        cells |= warehouse.lookup("row_key", "cells", CELLS.format(schema=schema, table=table))
    return Published(
        people=_by("row_id", read(PEOPLE)),
        assets=_by("asset_id", read(ASSETS)),
        content=read(CONTENT),
        coverage=_by("row_id", read(COVERAGE)),
        media=read(MEDIA),
        history=read(HISTORY),
        unverified=read(UNVERIFIED),
        unsupported=warehouse.lookup("row_id", "links", UNSUPPORTED),
        rows={row.row_key: row for row in raw_rows},
        cells=cells,
        links=_grouped(warehouse.records(CellLink, CELL_LINKS)),
        mentions=_mentions(warehouse.records(Mention, MENTIONS)),
        identified=set(warehouse.column(IDENTIFIED)),
    )


def _times(snapshots: Iterable[SnapshotTime]) -> tuple[dict[str, Any], dict[Any, Any]]:
    """When each snapshot was taken, never before the one that it follows; load -> its first."""
    times: dict[str, Any] = {}
    loads: dict[Any, Any] = {}
    before = None
    for snapshot in snapshots:
        clock = snapshot.observed_at
        before = clock if before is None or clock > before else before + TICK
        times[snapshot.snapshot_id] = before
        loads.setdefault(snapshot.load_id, before)
    return times, loads


def _by(key: str, records: Iterable[Record]) -> dict[str, Record]:
    return {str(record[key]): record for record in records}


def _grouped(links: Iterable[CellLink]) -> dict[str, list[CellLink]]:
    by_row: dict[str, list[CellLink]] = {}
    for link in links:
        by_row.setdefault(link.row_key, []).append(link)
    return by_row


def _mentions(mentions: Iterable[Mention]) -> dict[str, set[tuple[str, str, str, str]]]:
    assets: dict[str, set[tuple[str, str, str, str]]] = {}
    for said in mentions:
        medium = (said.provider, said.media_id, said.asset_kind)
        assets.setdefault(said.asset_id, set()).add((said.row_id, *medium))
    return assets
