"""What rows that an earlier version loaded lack: derived from them again, by today's rules."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from loaders.batches import Rows, no_rows
from loaders.destination import DATASET
from loaders.row_keys import RowIds, keys_row
from loaders.schemas import Row, TableName
from rowkeeper.core.identity import row_id_key
from rowkeeper.core.ids import asset_id
from rowkeeper.core.text import trimmed
from rowkeeper.core.warehouse import Warehouse

LOADED = f"""
    select 0 as place, source.row_key, source.row_id, source.name, source.email, source.type,
        snapshots.observed_at, source.sheet_row as line
    from {DATASET}.sheet_rows as source
    left join {DATASET}.sheet_snapshots as snapshots on source.snapshot_id = snapshots.snapshot_id
    union all
    select 1, row_key, row_id, name, email, type, null, line from {DATASET}.legacy_csv_rows
"""
OF_SOURCES = "split_part(row_key, ':', 1) = any(?)"
"""Whether a row is of one of these files or snapshots, given as a list of their hashes and ids."""
STANDING = f"select row_key from {DATASET}.row_keys"
LACKING = f"""
select place, row_key, row_id, name, email, type from ({LOADED}) as loaded
where row_key not in ({{standing}})
order by place, observed_at nulls last, line, row_key
"""


class EarlierRow(NamedTuple):
    """A row of ``LACKING``. ``place``: 0 for the sheet, 1 for the legacy CSVs."""

    place: int
    row_key: str
    row_id: str | None
    name: str | None
    email: str | None
    type: str | None


def missing_keys(warehouse: Warehouse, ids: RowIds) -> Rows:
    """What rows that an earlier version loaded lack, by raw table: their keys and, where their row
    id has another spelling now, their links and claims under that one.

    Of an id the sheet's first spelling counts, else the plainest.
    """
    tables = warehouse.tables(DATASET)
    if not {"sheet_rows", "legacy_csv_rows", "sheet_snapshots"} <= tables:
        return no_rows()
    standing = STANDING if "row_keys" in tables else "''"
    rows = warehouse.records(EarlierRow, LACKING.format(standing=standing))
    rows.sort(key=lambda row: (row.place, row.place and not _is_plain(row.row_id)))
    missing = no_rows()
    respelt: dict[str, str] = {}
    for row in rows:
        row_id = ids.of(row.row_id)
        values: dict[str, str | None] = {"name": row.name, "email": row.email, "type": row.type}
        missing["row_keys"].append(keys_row(row.row_key, row_id, values))
        if row_id != trimmed(row.row_id or ""):
            respelt[row.row_key] = row_id
    if respelt:
        missing["links"] += _respelt(warehouse, "links", respelt)
        missing["legacy_claims"] += _respelt(warehouse, "legacy_claims", respelt)
    return missing


def _is_plain(row_id: str | None) -> bool:
    """Is the id written as its key has it?"""
    return trimmed(row_id or "") == row_id_key(row_id)


def _respelt(warehouse: Warehouse, table: TableName, row_ids: dict[str, str]) -> Iterator[Row]:
    """The links or claims of the rows in ``row_ids``, with that row id: row key -> row id."""
    rows: list[Row] = warehouse.records(dict, f"select * from {DATASET}.{table} where row_id != ''")
    for row in rows:
        if row_id := row_ids.get(row["row_key"]):
            medium = (row["provider"], row["media_id"], row["asset_kind"])
            known = row["asset_id"] is not None
            yield {
                **row,
                "row_id": row_id,
                "asset_id": asset_id(row_id, *medium) if known else None,
            }


def drop_earlier_reading(
    warehouse: Warehouse,
    sources: Sequence[str],
    load_id: str,
    tables: Sequence[TableName] = ("legacy_csv_rows", "row_keys", "links", "legacy_claims"),
) -> None:
    """Remove what an earlier reading of files or snapshots made and that of ``load_id`` has not:
    the links and claims of another encoding, other columns or older rules."""
    for table in tables:
        warehouse.execute(
            f"delete from {DATASET}.{table} where {OF_SOURCES} and _dlt_load_id <> ?",
            [list(sources), load_id],
        )
