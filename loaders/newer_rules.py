"""Rows that older rules read, read again by today's from the cells that raw keeps: no request.

What is derived of a row (keys, links, claims) is loaded anew, what the older reading alone had is
removed, and only then the source is noted as read by today's rules: a kill on the way leaves it to
the next time. Texts and row ids stay as they were loaded.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from loaders.batches import Batches, Rows, no_rows
from loaders.columns import Columns, WantedColumns, read_titles
from loaders.destination import DATASET
from loaders.earlier_rows import OF_SOURCES, drop_earlier_reading
from loaders.grid import Cell
from loaders.held import has_all_columns
from loaders.legacy_reading import column_names, named_cells
from loaders.loader import Loader
from loaders.row_keys import RowIds
from loaders.schemas import KEYS, TableName
from loaders.tables import RULES_VERSION, add_legacy_content, add_sheet_content
from rowkeeper.core.csv.layout import header_layout
from rowkeeper.core.csv.legacy import COLUMNS as LEGACY_COLUMNS
from rowkeeper.core.identity import row_id_key
from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import LOADED, Target, Warehouse, connect

BATCH = 50
"""Files or snapshots that one load reads again."""
SOURCES: tuple[TableName, ...] = ("sheet_snapshots", "legacy_csv_files")
KEPT_AS_WRITTEN = {"sheet_snapshots": "sheet_rows", "legacy_csv_files": "legacy_csv_rows"}
Found = dict[str, Any]


@dataclass(frozen=True)
class ReadAgain:
    """How many rows were read again, and the links that newer rules find more and fewer."""

    rows: int = 0
    more: int = 0
    fewer: int = 0

    def __add__(self, other: "ReadAgain") -> "ReadAgain":
        return ReadAgain(self.rows + other.rows, self.more + other.more, self.fewer + other.fewer)


def read_again(loader: Loader, settings: Settings, target: Target, ids: RowIds) -> ReadAgain:
    """Read again what older rules read. Columns are named as ``settings`` say now.

    Raises ``WarehouseError``.
    """
    total = ReadAgain()
    with connect(target) as warehouse:
        stale = {table: _stale(warehouse, table) for table in SOURCES}
        complete = has_all_columns(warehouse)
    if any(stale.values()) and not complete:
        loader.load(no_rows())
    for table, sources in stale.items():
        for start in range(0, len(sources), BATCH):
            batch = sources[start : start + BATCH]
            total += _read_batch(loader, settings, target, ids, table, batch)
    return total


def _stale(warehouse: Warehouse, table: TableName) -> list[Found]:
    """The files or snapshots that older rules read."""
    sql = f"select * from {DATASET}.{table} where {LOADED} order by {KEYS[table]}"
    sources = _found(warehouse, sql)
    return [row for row in sources if (row.get("rules_version") or 0) < RULES_VERSION]


def _read_batch(
    loader: Loader,
    settings: Settings,
    target: Target,
    ids: RowIds,
    table: TableName,
    batch: Sequence[Found],
) -> ReadAgain:
    sources = [str(source[KEYS[table]]) for source in batch]
    with connect(target) as warehouse:
        rows = no_rows(loader.folder)
        for source in batch:
            if table == "sheet_snapshots":
                _read_snapshot(rows, warehouse, source, settings, ids)
            else:
                _read_file(rows, warehouse, source, settings, ids)
        before = _of(warehouse, "links", sources)
    canonical = {link["row_key"] for link in before if _shows_canonical(link)}
    if canonical:
        told = (one | {"shows_canonical": one["row_key"] in canonical} for one in rows["links"])
        rows["links"] = Batches("links", told, loader.folder)
    load_id = loader.load(rows)
    with connect(target) as warehouse, warehouse.transaction():
        drop_earlier_reading(warehouse, sources, load_id, ("links", "legacy_claims"))
        warehouse.execute(
            f"update {DATASET}.{table} set rules_version = ? where {KEYS[table]} = any(?)",
            [RULES_VERSION, sources],
        )
    had, has = _asked(before), _asked(rows["links"])
    return ReadAgain(len(rows["row_keys"]), len(has - had), len(had - has))


def _shows_canonical(link: Found) -> bool:
    """Whether a version loaded it that told the canonical form alone."""
    return link.get("rule") is None or bool(link.get("shows_canonical"))


def _asked(links: Iterable[Found]) -> set[tuple[str, str, str | None]]:
    return {(link["row_key"], link["url"], link["asset_kind"]) for link in links}


def _read_snapshot(
    rows: Rows, warehouse: Warehouse, source: Found, settings: Settings, ids: RowIds
) -> None:
    wanted = WantedColumns.of(settings.sheet.columns, settings.sheet.row_id)
    known: dict[tuple[str, ...], Columns] = {}
    for row in _kept(warehouse, "sheet_snapshots", source):
        kept = json.loads(row["cells"] or "[]")
        titles = tuple(cell["title"] for cell in kept)
        if titles not in known:
            known[titles] = read_titles(titles, wanted)
        cells = [Cell(cell["text"], tuple(cell.get("links", ()))) for cell in kept]
        names = known[titles].names(len(cells))
        add_sheet_content(
            rows,
            row["row_key"],
            row["key_row_id"] or ids.of(row["row_id"]),
            row,
            zip(names, cells, strict=True),
            is_header=bool(row.get("is_header")),
        )


def _read_file(
    rows: Rows, warehouse: Warehouse, source: Found, settings: Settings, ids: RowIds
) -> None:
    titles = tuple(json.loads(source["header"] or "[]"))
    stated = source.get("layout")
    layout = (
        tuple(json.loads(stated)) if stated else header_layout(titles, settings.legacy_csv.columns)
    )
    names = column_names(titles, layout)
    for row in _kept(warehouse, "legacy_csv_files", source):
        cells = tuple(json.loads(row["cells"] or "[]"))
        values = {name: row[name] for name in LEGACY_COLUMNS if row.get(name) is not None}
        written = row["row_id"]
        add_legacy_content(
            rows,
            row["row_key"],
            row["key_row_id"] or ids.of(written, new=row_id_key(written)),
            values,
            named_cells(cells, layout, names),
        )


def _kept(warehouse: Warehouse, table: TableName, source: Found) -> list[Found]:
    """The rows of a file or snapshot as raw keeps them, each with the row id of its keys."""
    kept, key = KEPT_AS_WRITTEN[table], KEYS[table]
    sql = (
        f"select kept.*, keys.row_id as key_row_id from {DATASET}.{kept} as kept "
        f"left join {DATASET}.row_keys as keys on kept.row_key = keys.row_key "
        f"where kept.{key} = ? order by kept.row_key"
    )
    return _found(warehouse, sql, [source[key]])


def _of(warehouse: Warehouse, table: TableName, sources: list[str]) -> list[Found]:
    return _found(warehouse, f"select * from {DATASET}.{table} where {OF_SOURCES}", [sources])


def _found(warehouse: Warehouse, sql: str, parameters: Sequence[Any] = ()) -> list[Found]:
    """All columns of rows: those that an earlier version did not have are not there."""
    return warehouse.records(dict, sql, parameters)
