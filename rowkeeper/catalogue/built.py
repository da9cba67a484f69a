"""Are the tables there?"""

from typing import Any

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Warehouse
from rowkeeper.workspace.context import Context


def require_built(context: Context, warehouse: Warehouse) -> None:
    """Raises ``WarehouseError`` where no run has built the tables."""
    sql = "select count(*) from information_schema.tables where table_schema = ? and table_name = ?"
    wanted: list[tuple[Any, ...]] = [
        ("raw", "legacy_csv_rows"),
        ("intermediate", "int_source_rows"),
        (context.target.schema, "person_content"),
    ]
    if not all(warehouse.query(sql, names)[0][0] for names in wanted):
        target = context.target
        raise WarehouseError(
            f"There is nothing in {target.where} yet: run rowkeeper run --target {target.name}."
        )
