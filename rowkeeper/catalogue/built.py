"""Are the tables there, and as this version makes them?"""

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Warehouse
from rowkeeper.workspace.context import Context

NEWEST_VIEW = "row_fates"
"""What no version made before this one; the next view that Python asks takes its place."""


def require_built(context: Context, warehouse: Warehouse, *, earlier_will_do: bool = False) -> None:
    """Raises ``WarehouseError`` where no run has built the tables, or an earlier version has.

    ``earlier_will_do``: the caller builds them anew where they are an earlier version's.
    """
    target, there = context.target, warehouse.tables(context.target.schema)
    if "person_content" not in there or "legacy_csv_rows" not in warehouse.tables("raw"):
        raise WarehouseError(
            f"There is nothing in {target.where} yet: run rowkeeper run --target {target.name}."
        )
    if NEWEST_VIEW not in there and not earlier_will_do:
        raise WarehouseError(
            f"The tables in {target.where} were built by an earlier version: run rowkeeper run "
            f"--target {target.name} once."
        )
