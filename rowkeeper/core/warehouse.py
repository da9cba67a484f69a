"""The warehouse: where it is, and connections to it on both engines."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from rowkeeper.core.database_format import check_database
from rowkeeper.core.duckdb_file import open_duckdb, read_all
from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.passwords import without_password
from rowkeeper.core.postgres import read_batches, with_places
from rowkeeper.core.warehouse_faults import faults_of

USUAL_SCHEMA = {"duckdb": "main", "postgres": "public"}
"""Beside it schemas are called as they are, beside another schema its name is before theirs."""
LOADED = "_dlt_load_id in (select load_id from raw._dlt_loads where status = 0)"
"""Whether a row of raw is of a load that was finished."""
BUILDS = ("raw", "rowkeeper_builds")
"""Has a row for each schema whose tables a run's build has made."""
IS_AS_BUILT = f"""
select 1 from {".".join(BUILDS)}
where schema_name = ? and not exists (select 1 from {{schema}}.loads_since_build)
"""
CREATING = 1380666191
"""The advisory lock of who makes tables: a number that nobody else on the server uses."""

Row = tuple[Any, ...]
Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the warehouse is. ``path`` is DuckDB's file, the rest is of Postgres."""

    name: str
    type: str
    path: str | None = None
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    dbname: str | None = None
    schema: str = "main"
    tls: tuple[tuple[str, str], ...] = ()
    """What libpq is told of TLS: pairs of parameter and value."""

    def own_schema(self, name: str) -> str:
        """The schema ``name`` of this profile, as ``own_schema`` of dbt's macros has it."""
        return name if self.schema == USUAL_SCHEMA[self.type] else f"{self.schema}_{name}"

    @property
    def where(self) -> str:
        """The place in words, without its password."""
        if self.type == "duckdb":
            return f"the DuckDB file {self.path}"
        return f"Postgres {self.dbname} at {self.host}:{self.port}"

    def reason(self, error: BaseException) -> str:
        """What a driver says of a failure, on one line and without the password."""
        return " ".join(self.masked(str(error)).split())[:300].rstrip(".")

    def masked(self, text: str) -> str:
        """``text`` without this target's password: as it is, in a URL, a DSN, a repr() or JSON."""
        return without_password(text, self.password or "")


class Warehouse:
    """A connection. SQL takes ``?`` for parameters, ``{schema}`` for the schema of the tables that
    people and commands read, ``{state}`` for that of the views of state at this moment; every
    fault is a ``WarehouseError``.

    A UUID comes as text, as Python has all ids.
    """

    def __init__(self, target: Target, connection: Any) -> None:
        self._target, self._connection = target, connection

    @property
    def is_duckdb(self) -> bool:
        return self._target.type == "duckdb"

    @property
    def schema(self) -> str:
        """What ``{schema}`` stands for."""
        return self._target.schema

    @property
    def _state(self) -> str:
        """What ``{state}`` stands for: while nothing came since a build, the same views over its
        tables, which answer at once."""
        try:
            is_as_built = self.query(IS_AS_BUILT, [self.schema])
        except WarehouseError:  # nothing was built yet, or an earlier version has built it
            is_as_built = []
        return self._target.own_schema("intermediate") if is_as_built else self.schema

    def records(
        self, kind: Callable[..., Record], sql: str, parameters: Sequence[Any] = ()
    ) -> list[Record]:
        """All rows of a statement, each as a ``kind`` made from its columns by their names."""
        names, rows = self.select(sql, parameters)
        return [kind(**dict(zip(names, row, strict=True))) for row in rows]

    def lookup(
        self, key: str, value: str, sql: str, parameters: Sequence[Any] = ()
    ) -> dict[Any, Any]:
        """Of all rows of a statement the column ``value``, by the column ``key``."""
        rows: list[dict[str, Any]] = self.records(dict, sql, parameters)
        return {row[key]: row[value] for row in rows}

    def column(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """The values of the one column of a statement."""
        return [value for (value,) in self.query(sql, parameters)]

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement as tuples, to be passed on or compared whole.

        Columns that are told apart are read by their names, with ``records`` or ``lookup``.
        """
        with self._cursor(sql, parameters) as cursor:
            return _rows(cursor)

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[Row]]:
        """The names of a statement's columns and all its rows."""
        with self._cursor(sql, parameters) as cursor:
            rows = _rows(cursor)
            return [column[0] for column in cursor.description], rows

    def batches(self, sql: str, parameters: Sequence[Any], size: int) -> Iterator[Any]:
        """All rows of a statement as Arrow record batches of ``size``: no more are held."""
        with self._faults():
            if self.is_duckdb:
                yield from self._connection.sql(sql, params=parameters).to_arrow_reader(size)
            else:
                yield from read_batches(self._connection, sql, parameters, size)

    def tables(self, schema: str) -> frozenset[str]:
        """The names of a schema's tables and views; none where it isn't there."""
        sql = "select table_name from information_schema.tables where table_schema = ?"
        return frozenset(self.column(sql, [schema]))

    def columns(self, schema: str, table: str) -> frozenset[str]:
        """The names of a table's columns; none where it isn't there."""
        sql = "select column_name from information_schema.columns "
        sql += "where table_schema = ? and table_name = ?"
        return frozenset(self.column(sql, [schema, table]))

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement; it is durable on return, or with the end of ``transaction()``."""
        with self._cursor(sql, parameters):
            pass

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, also when this process is killed."""
        self.execute("begin")
        try:
            yield
        except BaseException:
            self.execute("rollback")
            raise
        self.execute("commit")

    @contextmanager
    def creating(self) -> Iterator[None]:
        """Of several who make the same tables at once, one does it after the other: on Postgres
        "if not exists" fails where two do. A DuckDB file has one writer."""
        if self.is_duckdb:
            yield
            return
        self.query("select pg_advisory_lock(?, 0)", [CREATING])
        try:
            yield
        finally:
            self.query("select pg_advisory_unlock(?, 0)", [CREATING])

    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Row], key: str) -> None:
        """Insert the rows whose ``key`` is not there yet; text becomes the column's type."""
        self._insert(table, columns, rows, f"on conflict ({key}) do nothing")

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert all the rows; text becomes the column's type."""
        self._insert(table, columns, rows, "")

    def insert_new_table(self, table: str, rows: Any, key: str) -> None:
        """As ``insert_new``, of an Arrow table of many rows, each with another ``key``."""
        if self.is_duckdb:  # to look each up in the index costs three times as much
            with self._faults():
                names = ", ".join(rows.column_names)
                self._connection.register("batch", rows)
                self._connection.execute(
                    f"insert into {table} ({names}) select {names} from batch where not exists "
                    f"(select 1 from {table} as known where known.{key} = batch.{key})"
                )
                self._connection.unregister("batch")
        else:
            from rowkeeper.core.postgres import insert_table

            with self._faults():
                insert_table(self._connection, table, rows, f"on conflict ({key}) do nothing")

    def _insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str
    ) -> None:
        if not rows:
            return
        names = ", ".join(columns)
        with self._faults():
            if self._target.type == "duckdb":
                batch = _arrow(columns, rows)
                self._connection.register("batch", batch)
                self._connection.execute(
                    f"insert into {table} ({names}) select {names} from batch {conflict}"
                )
                self._connection.unregister("batch")
            else:
                from rowkeeper.core.postgres import insert_rows

                insert_rows(self._connection, table, columns, rows, conflict)

    def check(self) -> None:
        """Read all that a DuckDB file holds. Raises ``DamagedWarehouseError``."""
        if self.is_duckdb:
            read_all(self._connection, Path(str(self._target.path)), self._target.where)

    @contextmanager
    def _cursor(self, sql: str, parameters: Sequence[Any]) -> Iterator[Any]:
        with self._faults():
            cursor = self._connection.cursor()
            if "{state}" in sql:
                sql = sql.replace("{state}", self._state)
            sql = sql.replace("{schema}", self.schema)
            try:
                if self._target.type == "postgres":
                    sql = with_places(sql) if parameters else sql
                    cursor.execute(sql, list(parameters) or None)
                else:
                    cursor = self._connection.execute(sql, list(parameters) or None)
                yield cursor
            finally:
                if self._target.type == "postgres":
                    cursor.close()

    def _faults(self) -> AbstractContextManager[None]:
        return faults_of(self._target.type, self._target.where, self._target.reason)


def _rows(cursor: Any) -> list[Row]:
    rows = [tuple(row) for row in cursor.fetchall()]
    if any(str(column[1]) == "UUID" for column in cursor.description or ()):
        return [tuple(str(v) if isinstance(v, UUID) else v for v in row) for row in rows]
    return rows


def _arrow(columns: Sequence[str], rows: Sequence[Row]) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped]

    by_column = zip(columns, zip(*rows, strict=True), strict=True)
    return pa.table({name: pa.array(list(values)) for name, values in by_column})


@contextmanager
def connect(target: Target, read_only: bool = False) -> Iterator[Warehouse]:
    """A connection to ``target``, closed at the end. A missing DuckDB file is made.

    Raises ``WarehouseError`` if another process holds the file for ten seconds, or if the server
    is down or refuses; at once ``DamagedWarehouseError`` if the file is damaged, and
    ``NewerVersionError`` if a newer rowkeeper wrote the database.
    """
    if target.type == "duckdb":
        opened: Any = open_duckdb(Path(str(target.path)), target.where, read_only)
    else:
        from rowkeeper.core.postgres import open_postgres

        opened = open_postgres(target)
    try:
        warehouse = Warehouse(target, opened)
        check_database(warehouse)
        yield warehouse
    finally:
        opened.close()
