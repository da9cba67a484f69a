"""What the engines raise, as ``WarehouseError`` that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.duckdb_file import damaged, is_damage
from rowkeeper.core.errors import WarehouseError

if TYPE_CHECKING:
    from rowkeeper.core.warehouse import Target


@contextmanager
def faults_of(target: "Target") -> Iterator[None]:
    """Whatever the engine of ``target`` raises meanwhile comes as one of our errors."""
    try:
        yield
    except _engine_errors(target) as error:
        is_duckdb = target.type == "duckdb"
        if is_duckdb and is_damage(str(error)):
            raise damaged(target.where, str(error)) from error
        if refused := disk_error(error, local=is_duckdb):
            raise refused from error
        remedy = "see that it is up and has the rights and the space it needs, then run again"
        if isinstance(error, _unknown_names(target)):
            remedy = "its tables are not those of this version: rowkeeper run builds them anew"
        raise WarehouseError(
            f"The warehouse, {target.where}, refused ({target.reason(error)}): {remedy}."
        ) from error


def _unknown_names(target: "Target") -> tuple[type[BaseException], ...]:
    """What an engine raises for a table, a column or a schema that is not there."""
    if target.type == "duckdb":
        import duckdb

        return duckdb.BinderException, duckdb.CatalogException
    from psycopg2 import errors

    return errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName


def _engine_errors(target: "Target") -> tuple[type[BaseException], ...]:
    if target.type == "duckdb":
        import duckdb

        return (duckdb.Error,)
    import psycopg2

    return (psycopg2.Error,)
