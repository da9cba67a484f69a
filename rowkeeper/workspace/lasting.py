"""A session on Postgres for what machines tell each other while they work, and its tables.

Each statement stands for itself, and is asked again in a new session where the old one is gone:
whoever uses it bears that one was done twice. Locks that it took end with it.
"""

import threading
import time
from contextlib import ExitStack

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Row, Target, Warehouse, connect

TABLES = {
    "site_pace": "site text primary key, ahead_until timestamptz, paused_until timestamptz",
    "worker_results": "session_id text, asset_id text, outcome text not null, "
    "written_at timestamptz default current_timestamp, primary key (session_id, asset_id)",
}
ADDED = ("site_pace", "pause_s", "double precision")
"""A column that tables of earlier versions lack."""
SESSION = "set synchronous_commit = off"
"""What a crash of the server may lose is a moment's pace, and results that the driver has as well.
"""
CONNECTS, BETWEEN_S = 6, 2.0
"""How often, and how far apart, a server that went away is tried again."""


class LastingSession:
    """A session with ``target`` that is made anew where it ends; for many threads at once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._warehouse: Warehouse | None = None
        self._has_tables = self._is_whole = False

    def __enter__(self) -> "LastingSession":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def ask(self, sql: str, *values: object, makes: bool = True) -> list[Row]:
        """The rows of a statement; none without the tables, unless it ``makes`` them.

        Raises ``WarehouseError`` where the server stays away.
        """
        with self._lock:
            for left in reversed(range(CONNECTS)):
                try:
                    session = self._session()
                    if makes and not self._is_whole:
                        create_tables(session)
                        self._has_tables = self._is_whole = True
                    return session.query(sql, values) if self._has_tables else []
                except WarehouseError:
                    self._open.close()
                    self._warehouse = None
                    if not left:
                        raise
                    time.sleep(BETWEEN_S if left < CONNECTS - 1 else 0.0)
        raise AssertionError

    def _session(self) -> Warehouse:
        if self._warehouse is None:
            opened = self._open.enter_context(connect(self._target))
            self._has_tables = opened.tables("raw") >= TABLES.keys()
            self._is_whole = self._has_tables and ADDED[1] in opened.columns("raw", ADDED[0])
            opened.execute(SESSION)
            self._warehouse = opened
        return self._warehouse


def create_tables(warehouse: Warehouse) -> None:
    """Make the tables and columns that are not there; several may want to at once."""
    with warehouse.creating(), warehouse.transaction():
        warehouse.execute("create schema if not exists raw")
        for name, columns in TABLES.items():
            warehouse.execute(f"create table if not exists raw.{name} ({columns})")
        table, column, kind = ADDED
        warehouse.execute(f"alter table raw.{table} add column if not exists {column} {kind}")
