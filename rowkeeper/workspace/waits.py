"""Nobody waits in silence: what is awaited, since when and whose it is, said after five seconds.

On Postgres a run's own sessions, also those of dbt and dlt, are known by their application name.
A thread looks whether one of them waits for somebody's lock; it says so, and cancels a statement
that has waited too long, so that its transaction does not hold up others for ever.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from rowkeeper.core.errors import RowkeeperError
from rowkeeper.core.patience import Patience
from rowkeeper.core.postgres import APPLICATION_VARIABLE
from rowkeeper.core.said import tell
from rowkeeper.core.warehouse import Target, Warehouse, connect

LOCK_TIMEOUT_S = 60.0
"""A statement that has waited so long for somebody's lock is cancelled and counts as refused."""
LOOK_EVERY_S = 1.0
WAITING = """
select ours.pid as waiting, left(ours.query, 80) as query, theirs.pid, theirs.usename,
    theirs.application_name, theirs.state,
    coalesce(theirs.xact_start, theirs.backend_start) as since
from pg_stat_activity as ours
cross join lateral unnest(pg_blocking_pids(ours.pid)) as blocking (pid)
inner join pg_stat_activity as theirs on blocking.pid = theirs.pid
where ours.application_name = ? and ours.wait_event_type = 'Lock'
order by ours.pid, theirs.pid
"""


def say(words: str) -> None:
    """A line for people, beside whatever else is printed."""
    tell(words)


def application(command: str) -> str:
    """What the sessions of this process are called on the server: 63 bytes at most."""
    return f"{command[:24]} {socket.gethostname()[:20]}:{os.getpid()}"


def session_words(
    pid: Any, usename: str | None, application_name: str | None, state: str | None, since: Any
) -> str:
    """Whose session it is, and since when it is at it; what a server does not tell is left out."""
    facts = [f"user {usename}"] if usename else []
    facts += [f"application {application_name}"] if application_name else []
    facts += [state] if state else []
    facts += [f"since {said_of_time(since)}"] if since else []
    return f"pid {pid} ({', '.join(facts)})" if facts else f"pid {pid}"


def said_of_time(moment: datetime) -> str:
    """A moment of the last day or of before, UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


@contextmanager
def watched(target: Target) -> Iterator[None]:
    """Watch over what the sessions of this process wait for, until the end."""
    name = os.environ.get(APPLICATION_VARIABLE)
    if target.type == "duckdb" or name is None:
        yield
        return
    watch = _Watch(target, name)
    thread = threading.Thread(target=watch.run, name="waits", daemon=True)
    thread.start()
    try:
        yield
    finally:
        watch.over.set()
        thread.join(LOOK_EVERY_S * 5)


class _Watch:
    def __init__(self, target: Target, application_name: str) -> None:
        self.target, self.name = target, application_name
        self.over = threading.Event()
        self.waits: dict[tuple[int, str], Patience] = {}

    def run(self) -> None:
        """Look every second; a server that is down or restarts is tried again."""
        while not self.over.wait(LOOK_EVERY_S):
            with suppress(RowkeeperError), connect(self.target) as warehouse:
                while not self.over.is_set():
                    self.look(warehouse)
                    self.over.wait(LOOK_EVERY_S)

    def look(self, warehouse: Warehouse) -> None:
        """Say what has been awaited for long, and end what has been for too long."""
        holders: dict[tuple[int, str], list[str]] = {}
        rows: list[dict[str, Any]] = warehouse.records(dict, WAITING, [self.name])
        for row in rows:
            key = row.pop("waiting"), str(row.pop("query"))
            holders.setdefault(key, []).append(session_words(**row))
        self.waits = {key: self.waits.get(key) or Patience("a lock") for key in holders}
        for (pid, query), whose in holders.items():
            wait = self.waits[pid, query]
            words = f"{' and '.join(whose)} holds what this needs: {query}"
            wait.tell(lambda words=words: words)  # type: ignore[misc]
            if wait.waited_s > LOCK_TIMEOUT_S:
                say(f"Gave up after {wait.waited_s:.0f} s: {words}.")
                warehouse.query("select pg_cancel_backend(?)", [pid])
