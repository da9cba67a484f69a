"""What the engines raise, as ``WarehouseError`` that says what to do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.duckdb_file import damaged, is_damage
from rowkeeper.core.errors import WarehouseError


@contextmanager
def faults_of(engine: str, where: str, reason_of: Callable[[BaseException], str]) -> Iterator[None]:
    """Whatever ``engine``, duckdb or postgres, raises meanwhile comes as one of our errors."""
    is_duckdb = engine == "duckdb"
    try:
        yield
    except _engine_errors(engine) as error:
        if is_duckdb and is_damage(str(error)):
            raise damaged(where, str(error)) from error
        if refused := disk_error(error, local=is_duckdb):
            raise refused from error
        remedy = "see that it is up and has the rights and the space it needs, then run again"
        if isinstance(error, _unknown_names(engine)):
            remedy = "its tables are not those of this version: rowkeeper run builds them anew"
        raise WarehouseError(
            f"The warehouse, {where}, refused ({reason_of(error)}): {remedy}."
        ) from error


def _unknown_names(engine: str) -> tuple[type[BaseException], ...]:
    """What an engine raises for a table, a column or a schema that is not there."""
    if engine == "duckdb":
        import duckdb

        return duckdb.BinderException, duckdb.CatalogException
    from psycopg2 import errors

    return errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName


def _engine_errors(engine: str) -> tuple[type[BaseException], ...]:
    if engine == "duckdb":
        import duckdb

        return (duckdb.Error,)
    import psycopg2

    return (psycopg2.Error,)
