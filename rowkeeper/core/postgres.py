"""Sessions on a Postgres server."""

import os
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from typing import IO, TYPE_CHECKING, Any, Protocol

from rowkeeper.core.errors import WarehouseError

if TYPE_CHECKING:
    import psycopg2.extensions

CONNECT_TIMEOUT_S = 10
APPLICATION = "rowkeeper"
"""What the server's list of sessions calls ours..."""
APPLICATION_VARIABLE = "PGAPPNAME"
"""...unless this says which command of which process it is: the drivers of dbt and dlt read it."""
FEW_ROWS = 100
"""Up to so many rows are inserted as they are; more are copied first, at a fraction of the cost."""
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
LONGEST_LOCK_S = 300
"""The lock_timeout of our sessions: the last word where nobody watches what they wait for."""
CUT_OFF: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
"""Either side gives up the other after half a minute of silence, and with it locks and claims."""
SESSION = "; ".join(
    (
        "set timezone to 'UTC'",
        f"set lock_timeout to '{LONGEST_LOCK_S}s'",
        *(f"set tcp_{name.removeprefix('tcp_')} = {value}" for name, value in CUT_OFF.items()),
        "select pg_backend_pid()",
    )
)


class Server(Protocol):
    """Where a server is and as whom to connect; ``reason``: a driver's error without secrets."""

    @property
    def where(self) -> str: ...
    @property
    def host(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...
    @property
    def dbname(self) -> str | None: ...
    @property
    def tls(self) -> tuple[tuple[str, str], ...]: ...
    def reason(self, error: BaseException, /) -> str: ...


def open_postgres(target: Server) -> "psycopg2.extensions.connection":
    """A connection in autocommit, its session in UTC, made from parts and without startup options.

    So it goes through a pooler in session mode. Raises ``WarehouseError``, also for a pooler in
    transaction mode, where neither settings nor locks of a session last.
    """
    import psycopg2

    try:
        connection = _connect(target)
        with connection.cursor() as cursor:
            cursor.execute(SESSION)
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


def _connect(target: Server) -> "psycopg2.extensions.connection":
    import psycopg2

    line: dict[str, Any] = {**CUT_OFF, **dict(target.tls)}
    connection: psycopg2.extensions.connection = psycopg2.connect(
        host=target.host,
        port=target.port,
        user=target.user,
        password=target.password,
        dbname=target.dbname,
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name=os.environ.get(APPLICATION_VARIABLE, APPLICATION),
        **line,
    )
    connection.autocommit = True
    connection.set_client_encoding("UTF8")  # a role or PGCLIENTENCODING may ask for another
    return connection


def _shares_backend(target: Server, first: "psycopg2.extensions.connection") -> bool:
    """Whether the pooler gives the backend of ``first``, which is idle, to another connection."""
    second = _connect(target)
    try:
        with first.cursor() as cursor, second.cursor() as other:
            cursor.execute("select pg_backend_pid()")
            other.execute("select pg_backend_pid()")
            return bool(cursor.fetchone() == other.fetchone())
    finally:
        second.close()


def with_places(sql: str) -> str:
    """SQL with ``?`` for parameters as the driver takes it."""
    return sql.replace("%", "%%").replace("?", "%s")


def read_batches(
    connection: "psycopg2.extensions.connection", sql: str, parameters: Sequence[Any], size: int
) -> Iterator[Any]:
    """The rows of a statement, which the server keeps meanwhile, as Arrow batches of ``size``."""
    import pyarrow as pa  # type: ignore[import-untyped]

    with connection.cursor("batches", withhold=True) as cursor:
        cursor.execute(with_places(sql), parameters)
        while rows := cursor.fetchmany(size):
            names = [column.name for column in cursor.description or ()]
            by_column = zip(names, zip(*rows, strict=True), strict=True)
            yield pa.record_batch({name: pa.array(values) for name, values in by_column})


def insert_rows(
    connection: "psycopg2.extensions.connection",
    table: str,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    conflict: str,
) -> None:
    """Insert rows of text, numbers and None; ``conflict`` is the statement's last clause."""
    from psycopg2.extras import execute_values

    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if len(rows) <= FEW_ROWS:
            execute_values(cursor, f"insert into {table} ({names}) values %s {conflict}", rows)
            return
        lines = StringIO("\n".join("\t".join(map(_copied, row)) for row in rows))
        _copy(cursor, table, names, lines, "", conflict)


def insert_table(
    connection: "psycopg2.extensions.connection", table: str, rows: Any, conflict: str
) -> None:
    """The same of an Arrow table."""
    from pyarrow import csv

    lines = BytesIO()
    csv.write_csv(rows, lines, csv.WriteOptions(include_header=False))  # without quotes is null
    lines.seek(0)
    with connection.cursor() as cursor:
        _copy(cursor, table, ", ".join(rows.column_names), lines, "(format csv)", conflict)


def _copy(
    cursor: "psycopg2.extensions.cursor",
    table: str,
    names: str,
    lines: IO[Any],
    form: str,
    conflict: str,
) -> None:
    cursor.execute("drop table if exists pg_temp.batch")  # one that failed may be there
    cursor.execute(f"create temporary table batch as select {names} from {table} with no data")
    cursor.copy_expert(f"copy pg_temp.batch ({names}) from stdin {form}", lines)
    chosen = f"select {names} from pg_temp.batch"
    cursor.execute(f"insert into {table} ({names}) {chosen} {conflict}")
    cursor.execute("drop table pg_temp.batch")


def _copied(value: Any) -> str:
    """A value as COPY reads it."""
    return r"\N" if value is None else str(value).translate(_ESCAPED)
