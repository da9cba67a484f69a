"""What an export is made of, read from the warehouse."""

import json
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from rowkeeper.core.csv.layout import header_layout
from rowkeeper.core.csv.legacy import COLUMNS, GENERATIONS, NOTHING, is_nothing
from rowkeeper.core.titles import title_key
from rowkeeper.core.warehouse import LOADED, Warehouse
from rowkeeper.migration.export.base import Base, BaseRow, Person
from rowkeeper.migration.export.known import MAPPINGS, Known
from rowkeeper.migration.export.table import empty_base, encoded
from rowkeeper.migration.export.tracking import AssetState

FILES = f"""
select * from raw.legacy_csv_files where {LOADED}
order by file_mtime desc nulls last, _dlt_load_id desc, file_sha256
"""
ROWS = f"""
select
    legacy.record_text,
    {{base64}} as record_base64,
    legacy.generation,
    case when shown.disposition = 'used' then shown.row_id end as person,
    links.canonical_url as link
from raw.legacy_csv_rows as legacy
left join {{schema}}.row_fates as found on legacy.row_key = found.row_key
left join {{schema}}.row_fates as shown on found.representative_key = shown.row_key
left join (
    select row_key, min(canonical_url) as canonical_url from raw.links
    where column_name = 'link' and position = 0 and source = 'legacy_csv' group by row_key
) as links on legacy.row_key = links.row_key
where legacy.file_sha256 = ? and legacy.{LOADED}
order by legacy.line
"""
TEXTS = f"""
select legacy.record_text, {{base64}} as record_base64 from raw.legacy_csv_rows as legacy
where legacy.file_sha256 = ? and legacy.{LOADED} order by legacy.line
"""
# A row counts for its file if it, or the row that it repeats, is used.
COVERAGE = f"""
select
    legacy.file_sha256,
    min(case when files.is_apart then 0 else 1 end) = 1 as shares,
    max(files.agreeing) as agreeing,
    count(distinct shown.row_id) as people,
    cast(sum(case when {{mapped}} then 1 else 0 end) as bigint) as mapped,
    cast(sum({{filled}}) as bigint) as filled
from raw.legacy_csv_rows as legacy
inner join {{schema}}.row_fates as found on legacy.row_key = found.row_key
inner join {{schema}}.row_fates as shown on found.representative_key = shown.row_key
inner join {{schema}}.legacy_files as files on legacy.file_sha256 = files.file_id
where legacy.{LOADED} and shown.disposition = 'used'
group by legacy.file_sha256
"""
KNOWN = f"""
select found.row_id as person, legacy.file_sha256, {", ".join(f"legacy.{name}" for name in COLUMNS)}
from raw.legacy_csv_rows as legacy
inner join {{schema}}.row_fates as found on legacy.row_key = found.row_key
where legacy.{LOADED} and (found.disposition = 'used' or found.is_superseded)
order by legacy.generation desc, legacy.line desc
"""
PEOPLE = """
select row_id, name, email, personality_type as type, source_link as link, in_sheet,
    source_link_canonical as link_canonical
from {schema}.people
"""
ATTEMPTS = """
select asset_id, max(occurred_at) as attempted_at from raw.asset_events
where event_type in ('downloaded', 'download_failed') group by asset_id
"""
ASSETS = """
select assets.*, events.attempted_at from {schema}.assets as assets
left join ({attempts}) as events on cast(assets.asset_id as text) = events.asset_id
order by assets.created_at, assets.asset_kind desc, assets.asset_id
"""
OLD_WORDS = dict.fromkeys(("downloaded", "uploaded", "claimed"), "completed")
"""A status in the marts -> what the old system would call it, where that differs."""


UNKNOWN = "?"
"""Begins the name of a column that only its title tells."""
WIDE = f"""
select found.row_id, legacy.cells from raw.legacy_csv_rows as legacy
inner join {{schema}}.row_fates as found on legacy.row_key = found.row_key
where legacy.file_sha256 = ? and legacy.{LOADED}
    and (found.disposition = 'used' or found.is_superseded)
order by legacy.line desc
"""


class WideRow(NamedTuple):
    """All cells of a row, as JSON, and whose it is."""

    row_id: str
    cells: str


class RowText(NamedTuple):
    """A row as its file has it: as text, and as bytes where no encoding gives them back."""

    record_text: str | None
    record_base64: str | None


class RowOfFile(NamedTuple):
    """The same with its generation, the person that it is of and the link that it shows."""

    record_text: str | None
    record_base64: str | None
    generation: int
    person: str | None
    link: str | None


@dataclass(frozen=True)
class LoadedFile:
    """A loaded file, without its rows. What earlier versions did not say has a default."""

    file_sha256: str
    file_name: str
    file_path: str
    generation: int
    encoding: str
    line_end: str
    header: str
    header_text: str
    row_count: int
    delimiter: str | None = None
    preamble: str | None = None
    header_base64: str | None = None
    notice: str | None = None
    layout: str | None = None

    def columns(self, titles: Mapping[str, str]) -> tuple[str, ...]:
        """Our name for each column; for one that nobody knows ``UNKNOWN`` and its title, with a
        number if that stands there already, '' without one. No name stands twice."""
        header = json.loads(self.header)
        names: list[str] = []
        seen = Counter[str]()
        for name, title in zip(header_layout(header, titles), header, strict=True):
            key = name or (UNKNOWN + title_key(title)).removesuffix(UNKNOWN)
            seen[key] += 1
            names.append(f"{key} ({seen[key]})" if key and seen[key] > 1 else key)
        return tuple(names)


def read_files(warehouse: Warehouse) -> list[LoadedFile]:
    """All loaded legacy files, newest first."""
    wanted = [field.name for field in fields(LoadedFile)]
    rows: list[dict[str, Any]] = warehouse.records(dict, FILES)
    return [LoadedFile(**{name: row[name] for name in wanted if name in row}) for row in rows]


@dataclass(frozen=True)
class Coverage:
    """What a file has of the people of the tables; the greater, the more.

    ``shares``: it leads to the sheet, or to what most files agree about. ``agreeing``: its people
    whom another source has, too. ``people``: those of its rows. ``mapped``: its rows with objects.
    ``filled``: its filled cells.
    """

    shares: bool
    agreeing: int
    people: int
    mapped: int
    filled: int

    @property
    def order(self) -> tuple[int, ...]:
        return int(self.shares), self.agreeing, self.people, self.mapped, self.filled


def read_coverage(warehouse: Warehouse) -> dict[str, Coverage]:
    """The coverage of each file that has a usable row, by its hash."""
    nothing = ", ".join("'" + word.replace("'", "''") + "'" for word in sorted(NOTHING))
    cells = {
        name: f"lower(trim(coalesce(legacy.{name}, ''))) not in ({nothing})" for name in COLUMNS
    }
    mapped = " or ".join(cells[name] for name in MAPPINGS)
    filled = " + ".join(f"case when {cell} then 1 else 0 end" for cell in cells.values())
    sql = COVERAGE.format(schema=warehouse.schema, mapped=mapped, filled=filled)
    rows: list[dict[str, Any]] = warehouse.records(dict, sql)
    return {row.pop("file_sha256"): Coverage(**row) for row in rows}


def read_known(
    warehouse: Warehouse, coverage: Mapping[str, Coverage], titles: Mapping[str, str]
) -> Known:
    """The filled cells of each person's rows, those of the file that covers most first."""
    known: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    covering = {sha: covered.order for sha, covered in coverage.items()}

    def note(row_id: str, column: str, cell: str | None) -> None:
        if cell is not None and not is_nothing(cell) and cell not in known[row_id][column]:
            known[row_id][column].append(cell)

    rows: list[dict[str, Any]] = warehouse.records(dict, KNOWN)
    rows.sort(key=lambda row: covering.get(row["file_sha256"], ()), reverse=True)
    for row in rows:
        for column in COLUMNS:
            note(row["person"], column, row[column])
    files = read_files(warehouse)
    for file in sorted(files, key=lambda file: covering.get(file.file_sha256, ()), reverse=True):
        columns = file.columns(titles)
        unknown = [place for place, name in enumerate(columns) if name.startswith(UNKNOWN)]
        for whole in warehouse.records(WideRow, WIDE, [file.file_sha256]) if unknown else ():
            wide = json.loads(whole.cells)
            for place in unknown if len(wide) == len(columns) else ():
                note(whole.row_id, columns[place], wide[place])
    return known


def read_bytes(warehouse: Warehouse, file: LoadedFile) -> bytes:
    """The whole content of a loaded file, unpacked."""
    sql = TEXTS.format(base64=base64_of(warehouse))
    texts = warehouse.records(RowText, sql, [file.file_sha256])
    parts = ((row.record_text or "", decoded(row.record_base64)) for row in texts)
    head = [(file.preamble or "", None), (file.header_text, decoded(file.header_base64))]
    return encoded([*head, *parts], file.encoding)[0]


def base64_of(warehouse: Warehouse, rows: str = "legacy") -> str:
    """The SQL of the bytes of ``rows``; a warehouse that an earlier version wrote has none."""
    has_base64 = "record_base64" in warehouse.columns("raw", "legacy_csv_rows")
    return f"{rows}.record_base64" if has_base64 else "cast(null as text)"


def decoded(data: str | None) -> bytes | None:
    """Bytes that raw keeps as base64."""
    return None if data is None else b64decode(data)


def read_base(
    warehouse: Warehouse, file: LoadedFile | None, generation: int, titles: Mapping[str, str]
) -> Base:
    """``file`` with its rows; without one, an empty file of that generation.

    ``titles`` are the file's own names for our columns, as in ``legacy_csv.columns``.
    """
    if file is None:
        return empty_base(generation)
    columns, mark = file.columns(titles), file.delimiter or ","
    layouts = {**GENERATIONS, file.generation: columns}
    sql = ROWS.format(schema=warehouse.schema, base64=base64_of(warehouse))
    rows = tuple(
        BaseRow(
            row.record_text or "",
            row.person or "",
            row.link or "",
            layouts.get(row.generation, ()),
            mark,
            decoded(row.record_base64),
        )
        for row in warehouse.records(RowOfFile, sql, [file.file_sha256])
    )
    place = (file.header_text, file.encoding, file.line_end, columns, rows)
    return Base(*place, mark, file.preamble or "", decoded(file.header_base64))


def read_people(warehouse: Warehouse, schema: str) -> list[Person]:
    """All people with what became of their assets."""
    assets = defaultdict(list)
    asset_rows: list[dict[str, Any]] = warehouse.records(
        dict, ASSETS.format(schema=schema, attempts=ATTEMPTS)
    )
    for row in asset_rows:
        assets[row["person_row_id"]].append(_state(row))

    def person(*, row_id: str, **cells: Any) -> Person:
        return Person(row_id=row_id, assets=tuple(assets[row_id]), **cells)

    return warehouse.records(person, PEOPLE)


def _state(row: dict[str, Any]) -> AssetState:
    is_live = bool(row["download_attempts"] or row["upload_attempts"])
    same = ("asset_id", "provider", "media_id", "verdict")
    return AssetState(
        **{name: row[name] for name in (*same, "error_message", "filename", "attempted_at")},
        download_status=OLD_WORDS.get(row["download_status"], row["download_status"]),
        upload_status=OLD_WORDS.get(row["upload_status"], row["upload_status"]),
        kind=row["asset_kind"],
        url=row["original_url"],
        object_key=row["object_key"],
        object_uuid=None if is_live else row["legacy_object_uuid"],
        is_live=is_live,
    )
