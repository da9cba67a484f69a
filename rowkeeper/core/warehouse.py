"""The warehouse: the target that ``profiles.yml`` names, and connections to it on both engines."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from rowkeeper.core.database_format import check_database
from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.duckdb_file import damaged, is_damage, open_duckdb, read_all
from rowkeeper.core.errors import UsageError, WarehouseError
from rowkeeper.core.settings import PROJECT_DIR

if TYPE_CHECKING:
    import psycopg2.extensions

PROFILE = "rowkeeper"
SHORTEST_MASKED = 4  # a shorter password is masked only where it stands as one
_IN_URL = re.compile(r"(://[^\s:/@]*:)[^@]*@")
_IN_DSN = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)")
CONNECT_TIMEOUT_S = 10
APPLICATION = "rowkeeper"
"""What the server's list of sessions calls ours..."""
APPLICATION_VARIABLE = "PGAPPNAME"
"""...unless this says which command of which process it is: the drivers of dbt and dlt read it."""
LONGEST_LOCK_S = 300
"""The lock_timeout of our sessions: the last word where nobody watches what they wait for."""

Row = tuple[Any, ...]


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
        """``text`` without this target's password, as it is or as part of a URL or a DSN."""
        secret = self.password or ""
        if len(secret) >= SHORTEST_MASKED:
            for written in (secret, quote(secret, safe=""), quote(secret, safe=" +")):
                text = text.replace(written, "***")
        return _IN_DSN.sub(r"\1***", _IN_URL.sub(r"\1***@", text))


def profiles_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of ``profiles.yml``, as dbt would find it."""
    return Path(environ.get("DBT_PROFILES_DIR") or PROJECT_DIR)


def load_target(name: str | None = None, environ: Mapping[str, str] | None = None) -> Target:
    """The target ``name`` of ``profiles.yml``, or its default one. Raises ``UsageError``.

    ``env_var`` and ``as_number`` mean what they mean in dbt, so both read the same place.
    """
    environ = {"ROWKEEPER_DATA_DIR": str(PROJECT_DIR / "data"), **(environ or os.environ)}
    path = profiles_dir(environ) / "profiles.yml"
    profile = _read_profile(path)
    render = partial(_render, environ=environ, path=path)
    name = name or render(profile.get("target", "dev"))
    outputs = profile.get("outputs") or {}
    if name not in outputs:
        known = ", ".join(outputs)
        raise UsageError(f"{path} has no target {name}: choose one of {known}.")
    found = {key: render(value) for key, value in outputs[name].items()}
    if found.get("type") == "duckdb":
        file = str(Path(found["path"]).expanduser().absolute())
        return Target(name=name, type="duckdb", path=file, schema=found.get("schema", "main"))
    if found.get("type") != "postgres":
        raise UsageError(f"{path}: target {name} is neither duckdb nor postgres; change its type.")
    wanted = ("host", "user", "password", "dbname")
    return Target(
        name=name,
        type="postgres",
        port=_port(found.get("port", 5432), path),
        schema=found.get("schema", "public"),
        **{key: str(found.get(key, "")) for key in wanted},
    )


def _read_profile(path: Path) -> dict[str, Any]:
    import yaml

    try:
        profile = yaml.safe_load(path.read_text("utf-8"))[PROFILE]
        return dict(profile)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        reason = str(error).replace("\n", " ")
        raise UsageError(f"{path} has no readable profile {PROFILE} ({reason}): mend it.") from None


def _render(value: Any, *, environ: Mapping[str, str], path: Path) -> Any:
    """A value of the profile with its Jinja rendered, as text."""
    if not isinstance(value, str):
        return value
    from jinja2 import TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    def env_var(key: str, default: str | None = None) -> str:
        if (found := environ.get(key, default)) is None:
            raise UsageError(f"{path} wants the environment variable {key}: set it.")
        return found

    jinja = SandboxedEnvironment()
    jinja.filters.update(as_number=str, as_text=str, as_bool=str)
    try:
        return jinja.from_string(value).render(env_var=env_var)
    except TemplateError as error:
        raise UsageError(f"{path} can't be rendered ({error}): mend it.") from None


def _port(value: Any, path: Path) -> int:
    try:
        return int(value)
    except ValueError:
        raise UsageError(f"{path}: the port {value!r} is no number; mend it.") from None


class Warehouse:
    """A connection. SQL takes ``?`` for parameters; every fault is a ``WarehouseError``.

    A UUID comes as text, as Python has all ids.
    """

    def __init__(self, target: Target, connection: Any) -> None:
        self._target, self._connection = target, connection

    @property
    def is_duckdb(self) -> bool:
        return self._target.type == "duckdb"

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement."""
        with self._cursor(sql, parameters) as cursor:
            return _rows(cursor)

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[Row]]:
        """The names of a statement's columns and all its rows."""
        with self._cursor(sql, parameters) as cursor:
            rows = _rows(cursor)
            return [column[0] for column in cursor.description], rows

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

    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Row], key: str) -> None:
        """Insert the rows whose ``key`` is not there yet; text becomes the column's type."""
        if not rows:
            return
        names = ", ".join(columns)
        conflict = f"on conflict ({key}) do nothing"
        with self._faults():
            if self._target.type == "duckdb":
                batch = _arrow(columns, rows)
                self._connection.register("batch", batch)
                self._connection.execute(
                    f"insert into {table} ({names}) select {names} from batch {conflict}"
                )
                self._connection.unregister("batch")
            else:
                from psycopg2.extras import execute_values

                with self._connection.cursor() as cursor:
                    sql = f"insert into {table} ({names}) values %s {conflict}"
                    execute_values(cursor, sql, rows, page_size=500)

    def check(self) -> None:
        """Read all that a DuckDB file holds. Raises ``DamagedWarehouseError``."""
        if self.is_duckdb:
            read_all(self._connection, Path(str(self._target.path)), self._target.where)

    @contextmanager
    def _cursor(self, sql: str, parameters: Sequence[Any]) -> Iterator[Any]:
        with self._faults():
            cursor = self._connection.cursor()
            try:
                if self._target.type == "postgres":
                    sql = sql.replace("%", "%%").replace("?", "%s") if parameters else sql
                    cursor.execute(sql, list(parameters) or None)
                else:
                    cursor = self._connection.execute(sql, list(parameters) or None)
                yield cursor
            finally:
                if self._target.type == "postgres":
                    cursor.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except _engine_errors(self._target) as error:
            if self.is_duckdb and is_damage(str(error)):
                raise damaged(self._target.where, str(error)) from error
            if refused := disk_error(error, local=self.is_duckdb):
                raise refused from error
            remedy = "see that it is up and has the rights and the space it needs, then run again"
            if isinstance(error, _unknown_names(self._target)):
                remedy = "its tables are not those of this version: rowkeeper run builds them anew"
            raise WarehouseError(
                f"The warehouse, {self._target.where}, refused ({self._target.reason(error)}): "
                f"{remedy}."
            ) from error


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
        opened = open_postgres(target)
    try:
        warehouse = Warehouse(target, opened)
        check_database(warehouse)
        yield warehouse
    finally:
        opened.close()


def open_postgres(target: Target) -> "psycopg2.extensions.connection":
    """A connection in autocommit, its session in UTC, made from parts and without startup options.

    So it goes through a pooler in session mode. Raises ``WarehouseError``, also for a pooler in
    transaction mode, where neither settings nor locks of a session last.
    """
    import psycopg2

    try:
        connection = _connect(target)
        with connection.cursor() as cursor:
            cursor.execute(
                f"set timezone to 'UTC'; set lock_timeout to '{LONGEST_LOCK_S}s'; "
                "select pg_backend_pid()"
            )
            ((backend,),) = cursor.fetchall()
        if backend != connection.info.backend_pid and _shares_backend(target, connection):
            connection.close()
            raise WarehouseError(
                f"The warehouse, {target.where}, is behind a pooler in transaction mode, where "
                "settings and locks of a session don't last: give the pooler session mode "
                "(pgbouncer: pool_mode = session), or connect to the server itself."
            )
    except psycopg2.Error as error:
        raise WarehouseError(
            f"The warehouse, {target.where}, can't be reached ({target.reason(error)}): "
            "start it, or mend the ROWKEEPER_PG_* variables for profiles.yml, then run again."
        ) from error
    return connection


def _connect(target: Target) -> "psycopg2.extensions.connection":
    import psycopg2

    connection = psycopg2.connect(
        host=target.host,
        port=target.port,
        user=target.user,
        password=target.password,
        dbname=target.dbname,
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name=os.environ.get(APPLICATION_VARIABLE, APPLICATION),
    )
    connection.autocommit = True
    return connection


def _shares_backend(target: Target, first: "psycopg2.extensions.connection") -> bool:
    """Whether the pooler gives the backend of ``first``, which is idle, to another connection."""
    second = _connect(target)
    try:
        with first.cursor() as cursor, second.cursor() as other:
            cursor.execute("select pg_backend_pid()")
            other.execute("select pg_backend_pid()")
            return bool(cursor.fetchone() == other.fetchone())
    finally:
        second.close()


def _unknown_names(target: Target) -> tuple[type[BaseException], ...]:
    """What an engine raises for a table, a column or a schema that is not there."""
    if target.type == "duckdb":
        import duckdb

        return duckdb.BinderException, duckdb.CatalogException
    from psycopg2 import errors

    return errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName


def _engine_errors(target: Target) -> tuple[type[BaseException], ...]:
    if target.type == "duckdb":
        import duckdb

        return (duckdb.Error,)
    import psycopg2

    return (psycopg2.Error,)
