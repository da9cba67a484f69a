"""What ``reconcile`` compares: the source rows as raw holds them, and the tables."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

from rowkeeper.core.warehouse import LOADED, Warehouse
from rowkeeper.migration.export.warehouse import base64_of

PERSON_CELLS = ("name", "email", "type")
SNAPSHOT = f"""
select * from raw.sheet_snapshots where {LOADED}
order by snapshot_number desc nulls last, observed_at desc nulls last, snapshot_id desc limit 1
"""
FOUND = """
    found.disposition, found.reason, found.representative_key, found.row_id,
    coalesce(quarantine.needs_mending, false) as needs_mending,
    same.disposition as representative_disposition, same.cells as representative_cells
"""
JOINS = """
left join {schema}.row_fates as found on source.row_key = found.row_key
left join {schema}.row_fates as same on found.representative_key = same.row_key
left join {schema}.quarantine as quarantine on source.row_key = quarantine.row_key
"""
SHEET_ROWS = f"""
select source.row_key, source.snapshot_id as file_id, source.sheet_row as line, source.cells,
    source.content_sha256, source.name, source.email, source.type, {FOUND}, source.is_header,
    true as is_sheet, '' as record_text, null as record_base64, '' as link, '' as doc_link,
    '' as youtube_playlist, '' as google_drive
from raw.sheet_rows as source {JOINS}
where source.snapshot_id = ? and source.{LOADED} order by source.sheet_row
"""
LEGACY_ROWS = f"""
select source.row_key, source.file_sha256 as file_id, source.line, source.cells,
    source.content_sha256, source.name, source.email, source.type, {FOUND}, false as is_header,
    false as is_sheet, source.record_text, {{base64}} as record_base64, source.link,
    source.doc_link, source.youtube_playlist, source.google_drive
from raw.legacy_csv_rows as source {JOINS}
where source.file_sha256 = ? and source.{LOADED} order by source.line
"""
SHEET_LINKS = f"""
select {{columns}} from raw.links as links
where links.row_key in (select row_key from raw.sheet_rows where snapshot_id = ?)
    and links.{LOADED} order by links.row_key, column_name, position, link_key
"""
LEGACY_LINKS = f"""
select {{columns}} from raw.links as links
where links.row_key in (select row_key from raw.legacy_csv_rows where file_sha256 = ?)
    and links.{LOADED} order by links.row_key, column_name, position, link_key
"""
LINKS = "select row_key, url from {schema}.links where source in ('sheet', 'legacy_csv')"
FILE_NAMES = """select file_sha256, file_name from raw.legacy_csv_files
    union all select snapshot_id, source from raw.sheet_snapshots"""
LINK_COLUMNS = """row_key, row_id, column_name as column, position, url, canonical_url, provider,
    media_id, asset_kind, asset_id, is_content, asset_kinds as kinds_text"""


@dataclass(frozen=True)
class SourceLink:
    """A link of a cell, once for each kind of asset that it asks for."""

    row_key: str
    row_id: str
    column: str
    position: int
    url: str
    canonical_url: str
    provider: str
    media_id: str
    asset_kind: str | None
    asset_id: str | None
    is_content: bool
    kinds_text: str | None

    @property
    def asset_kinds(self) -> tuple[str, ...]:
        """All kinds of asset that the link asks for."""
        return tuple(kind for kind in (self.kinds_text or "").split(",") if kind)


@dataclass(frozen=True)
class SourceRow:
    """A raw row and what became of it; ``disposition`` is None where it is in no table."""

    links: tuple[SourceLink, ...]
    row_key: str
    file_id: str
    line: int
    cells: str
    content_sha256: str
    name: str | None
    email: str | None
    type: str | None
    disposition: str | None
    reason: str | None
    representative_key: str | None
    row_id: str | None
    needs_mending: bool
    representative_disposition: str | None
    representative_cells: str | None
    is_header: bool
    is_sheet: bool
    record_text: str
    record_base64: str | None
    link: str | None
    doc_link: str | None
    youtube_playlist: str | None
    google_drive: str | None

    def values(self) -> dict[str, str | None]:
        """Name, e-mail and type as they stand in the source."""
        return {"name": self.name, "email": self.email, "type": self.type}


@dataclass(frozen=True)
class TablePerson:
    """A row of ``people``."""

    row_id: str
    name: str | None
    email: str | None
    type: str | None
    source_link: str | None
    source_link_canonical: str | None
    source_row_key: str

    def value(self, column: str) -> str | None:
        """The value of one of ``PERSON_CELLS``."""
        cell: str | None = getattr(self, column)
        return cell


class TableContent(NamedTuple):
    """A row of ``person_content``."""

    row_id: str
    asset_id: str
    provider: str
    media_id: str
    asset_kind: str

    @property
    def medium(self) -> tuple[str, str, str, str]:
        return self.row_id, self.provider, self.media_id, self.asset_kind


class RowLink(NamedTuple):
    """A link of a row, as found."""

    row_key: str
    url: str


@dataclass(frozen=True)
class Tables:
    """The tables, keyed for comparing."""

    people: dict[str, TablePerson]
    quarantine: dict[str, str]
    """Row key -> cells."""
    content: frozenset[tuple[str, str]]
    """(row id, asset id) of ``person_content``."""
    media: frozenset[tuple[str, str, str, str]]
    """(row id, provider, media id, kind) of ``person_content``."""
    source_values: dict[str, dict[str, str | None]]
    """Row key of a person's source row -> name, e-mail and type as they stand in it."""
    links: dict[str, list[str]]
    """Row key -> the links of that row, as found, longest first."""
    files: dict[str, str]
    """The hash of a file, or the id of a snapshot -> its name."""

    def place(self, row_key: str) -> str:
        """A row as a sentence names it: its file and its line."""
        file_id, _, line = row_key.rpartition(":")
        return f"{self.files.get(file_id, file_id)}, line {line}"


def read_tables(warehouse: Warehouse, schema: str) -> Tables:
    """All of the tables that the sources end in."""
    people = warehouse.records(
        TablePerson,
        "select row_id, name, email, personality_type as type, source_link, source_link_canonical, "
        "source_row_key "
        f"from {schema}.people",
    )
    content = warehouse.records(
        TableContent,
        f"select row_id, asset_id, provider, media_id, asset_kind from {schema}.person_content",
    )
    return Tables(
        people={person.row_id: person for person in people},
        quarantine=warehouse.lookup(
            "row_key", "cells", f"select row_key, cells from {schema}.quarantine"
        ),
        content=frozenset((item.row_id, item.asset_id) for item in content),
        media=frozenset(item.medium for item in content),
        source_values=_source_values(warehouse, schema),
        links=_links(warehouse),
        files=warehouse.lookup("file_sha256", "file_name", FILE_NAMES),
    )


def read_raw(warehouse: Warehouse, file_id: str, is_sheet: bool) -> list[dict[str, Any]]:
    """The rows of a file or a snapshot with all columns that raw has."""
    table, name = ("sheet_rows", "snapshot_id") if is_sheet else ("legacy_csv_rows", "file_sha256")
    order = "sheet_row" if is_sheet else "line"
    sql = f"select * from raw.{table} where {name} = ? and {LOADED} order by {order}"
    return warehouse.records(dict, sql, [file_id])


def read_snapshot(warehouse: Warehouse) -> dict[str, Any] | None:
    """The newest snapshot of the sheet, by column; None if no sheet is loaded."""
    return next(iter(warehouse.records(dict, SNAPSHOT)), None)


def read_rows(warehouse: Warehouse, file_id: str, is_sheet: bool) -> list[SourceRow]:
    """The rows of a file or a snapshot in their order, with their links."""
    links = defaultdict(list)
    sql = (SHEET_LINKS if is_sheet else LEGACY_LINKS).format(columns=LINK_COLUMNS)
    for link in warehouse.records(SourceLink, sql, [file_id]):
        links[link.row_key].append(link)
    sql, base64 = SHEET_ROWS if is_sheet else LEGACY_ROWS, base64_of(warehouse, "source")

    def row_of(row_key: str, **columns: Any) -> SourceRow:
        return SourceRow(links=tuple(links[row_key]), row_key=row_key, **columns)

    sql = sql.format(schema=warehouse.schema, base64=base64)
    return warehouse.records(row_of, sql, [file_id])


def _links(warehouse: Warehouse) -> dict[str, list[str]]:
    links: dict[str, set[str]] = defaultdict(set)
    for link in warehouse.records(RowLink, LINKS):
        links[link.row_key].add(link.url)
    return {key: sorted(urls, key=len, reverse=True) for key, urls in links.items()}


def _source_values(warehouse: Warehouse, schema: str) -> dict[str, dict[str, str | None]]:
    values: dict[str, dict[str, str | None]] = {}
    for table in ("sheet_rows", "legacy_csv_rows"):
        rows: list[dict[str, Any]] = warehouse.records(
            dict,
            f"select row_key, name, email, type from raw.{table} where {LOADED} "
            f"and row_key in (select source_row_key from {schema}.people)",
        )
        values |= {row.pop("row_key"): row for row in rows}
    return values
