"""Is each published table still what its model makes of what stands below it, in every column?

The build leaves a view of a table's own SQL beside it: ``checks.<table>_as_modelled``.
"""

import json
from collections.abc import Iterator
from typing import Any

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Target, Warehouse
from rowkeeper.migration.reconcile.differences import Difference, wrong
from rowkeeper.migration.reconcile.published import Published, Record

KEYS = {
    "people": ("row_id",),
    "people_history": ("version_key",),
    "assets": ("asset_id",),
    "asset_versions": ("version_key",),
    "media": ("medium_key",),
    "person_content": ("asset_id",),
    "documents": ("document_key",),
    "listings": ("asset_id",),
    "links": ("link_key",),
    "coverage": ("row_id",),
    "failures": ("failure_key",),
    "download_sessions": ("session_id",),
    "fixity": ("asset_id", "place", "version"),
    "orphaned_assets": ("asset_id",),
    "people_lookalikes": ("lookalike_key",),
    "quarantine": ("row_key",),
    "unverified_claims": ("claim_key",),
}
"""Each published table and the columns that tell its rows apart."""
UNLIKE = """select sum(side) as more_in_table, {columns} from (
    select 1 as side, {columns} from {table}
    union all select -1 as side, {columns} from {view}) as sides
    group by {columns} having sum(side) != 0"""
"""The rows that not both have, as often: how many more the table has, and the row."""


def modelled_faults(
    warehouse: Warehouse, target: Target, tables: Published
) -> Iterator[Difference]:
    """Where a published table says otherwise than its model.

    Raises ``WarehouseError`` where a build has left no such views.
    """
    checks = target.own_schema("checks")
    views = warehouse.tables(checks)
    for table, key in KEYS.items():
        view = f"{table}_as_modelled"
        if view not in views:
            raise WarehouseError(
                f"The tables in {target.where} were built by an earlier version, which left "
                f"nothing to hold {table} against: run rowkeeper run --target {target.name} once."
            )
        names, _ = warehouse.select(f"select * from {target.schema}.{table} limit 0")
        sql = UNLIKE.format(
            columns=", ".join(names), table=f"{target.schema}.{table}", view=f"{checks}.{view}"
        )
        rows: list[Record] = warehouse.records(dict, sql)
        sides = [(row.pop("more_in_table"), row) for row in rows]
        yield from _faults(tables, table, key, sides)


def _faults(
    tables: Published, table: str, key: tuple[str, ...], rows: list[tuple[int, Record]]
) -> Iterator[Difference]:
    def named(record: Record) -> str:
        return ", ".join(str(record[column]) for column in key)

    models = {named(record): record for side, record in rows if side < 0}
    for record in (record for side, record in rows if side > 0):
        model = models.pop(named(record), None)
        place, row_id = _place(tables, table, model or record)
        if model is None:
            reason = f"{table} has a row that its model does not make"
            yield wrong(place, "", row_id, "", named(record), reason)
            continue
        for column in record:
            if record[column] != model[column]:
                reason = f"{table} says otherwise of {named(record)} than its model makes"
                values = _text(model[column]), _text(record[column])
                yield wrong(place, column, row_id, *values, reason)
    for record in models.values():
        place, row_id = _place(tables, table, record)
        reason = f"{table} lacks a row that its model makes"
        yield wrong(place, "", row_id, named(record), "", reason)


def _place(tables: Published, table: str, record: Record) -> tuple[tuple[str, int], str]:
    """File and line of what a record is about, else the table itself; and whose it is."""
    row_id = str(record.get("row_id") or record.get("person_row_id") or record.get("row_ids") or "")
    first = row_id.split(", ")[0]
    row = tables.rows.get(record.get("row_key") or record.get("source_row_key") or "")
    asset = tables.assets.get(str(record.get("asset_id")))
    if row is not None:
        place = row.place
    elif record.get("legacy_file"):
        place = str(record["legacy_file"]), int(record["line"] or 0)
    elif asset is not None:
        place = tables.asset_place(asset, table)
    else:
        place = tables.place(first, table)
    return place, row_id


def _text(value: Any) -> str:
    """What a difference shows of it."""
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else str(value)
