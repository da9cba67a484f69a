"""The DuckDB file of a warehouse: how it is opened, and how a damaged one is recognised."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowkeeper.core import clock
from rowkeeper.core.disk.faults import disk_error, no_byte_locks
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.probe import probe
from rowkeeper.core.errors import DamagedWarehouseError, WarehouseError
from rowkeeper.core.said import tell

if TYPE_CHECKING:
    import duckdb

LOCK_WAIT_S = 10.0
HEADERS_BYTES = 3 * 4096
LOCKED = "Could not set lock on file"
DAMAGED = re.compile(
    "Corrupt database file|not a valid DuckDB database file|Could not read enough bytes"
    "|replaying WAL|does not match stored checksum|Serialization Error|INTERNAL Error: .*[Bb]lock"
)
"""What DuckDB says of bytes that it did not write so; measured by flipping bits and by cutting."""
OPEN_TO_WRITE = "different configuration than existing connections"
"""What DuckDB says where this process has the file open already, and a reader asks for it."""
NEWER = "Trying to read a database file with version number"


def is_damage(reason: str) -> bool:
    """Does what DuckDB says mean that the bytes of its file are not what it wrote?"""
    return DAMAGED.search(reason) is not None


def damaged(where: str, reason: str) -> DamagedWarehouseError:
    """What is said of a damaged file, with the one command that makes it again."""
    return DamagedWarehouseError(
        f"The warehouse, {where}, is damaged ({shortened(reason)}): rowkeeper rebuild makes it "
        "again from the journal and the kept loads."
    )


def shortened(reason: object) -> str:
    """A driver's message as one line of at most 300 characters."""
    return " ".join(str(reason).split())[:300].rstrip(".")


def open_duckdb(path: Path, where: str, read_only: bool) -> "duckdb.DuckDBPyConnection":
    """A connection to the file at ``path``; a missing one is made.

    Waits up to ten seconds for another process to let it go. Raises ``DamagedWarehouseError`` at
    once for a damaged file, else ``WarehouseError``.
    """
    import duckdb

    deadline, is_said = clock.seconds() + LOCK_WAIT_S, False
    while True:
        try:
            make_folder(path.parent)
            connection = _connect(path, read_only and path.exists())
            connection.execute("set TimeZone = 'UTC'")
            return connection
        except (duckdb.Error, OSError) as error:
            locked = LOCKED in str(error)
            if locked and not probe(path.parent).byte_locks:
                raise no_byte_locks(path.parent) from None
            if locked and clock.seconds() < deadline:
                if not is_said and clock.seconds() > deadline - LOCK_WAIT_S + clock.TELL_AFTER_S:
                    is_said = True
                    tell(f"Waiting for {where}: {shortened(error)}.")
                time.sleep(0.2)
                continue
            if not locked and not is_damage(str(error)) and (refused := disk_error(error)):
                raise refused from error
            raise _refusal(where, str(error)) from error


def _connect(path: Path, read_only: bool) -> "duckdb.DuckDBPyConnection":
    import duckdb

    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.ConnectionException as error:
        if read_only and OPEN_TO_WRITE in str(error):
            return duckdb.connect(str(path))
        raise


def _refusal(where: str, reason: str) -> WarehouseError:
    if is_damage(reason):
        return damaged(where, reason)
    if LOCKED in reason:
        remedy = "another process has it open; end that process, then run again"
    elif NEWER in reason:
        remedy = "a newer DuckDB wrote it; upgrade rowkeeper, then run again"
    else:
        remedy = "see that the path is right and writable, then run again"
    return WarehouseError(
        f"The warehouse, {where}, can't be opened ({shortened(reason)}): {remedy}."
    )


def read_all(connection: Any, path: Path, where: str) -> int:
    """Read every block of every table; how many tables. Raises ``DamagedWarehouseError``.

    A truncated file opens as long as its first blocks are there.
    """
    import duckdb

    try:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall()
        for schema, table in tables:
            connection.execute(f'select bit_xor(hash(t)) from "{schema}"."{table}" as t')
        (size,) = connection.execute("select block_size from pragma_database_size()").fetchone()
    except duckdb.Error as error:
        raise damaged(where, str(error)) from error
    if (path.stat().st_size - HEADERS_BYTES) % size:
        raise damaged(where, "it is truncated: its size is no whole number of blocks")
    return len(tables)
