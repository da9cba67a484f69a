"""What keeps runs apart. A data folder has one run; on Postgres several folders may have one each.

Locks save work, nothing more: events of two runs that did the same come to the same state.
"""

import atexit
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rowkeeper.core import clock
from rowkeeper.core.disk.locks import lock_path
from rowkeeper.core.disk.own import linked, write_small
from rowkeeper.core.disk.presence import held
from rowkeeper.core.errors import BusyError, WarehouseError
from rowkeeper.core.journal.folder_id import known_folder
from rowkeeper.core.patience import Patience
from rowkeeper.core.postgres import APPLICATION_VARIABLE
from rowkeeper.core.text import from_json, harmless
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.data_folder import remember_folder
from rowkeeper.workspace.waits import said_of_time, session_words, watched

if TYPE_CHECKING:
    from downloaders.base import Request

PENDING = """
select cast(asset_id as text) as asset_id, null as attempt from {state}.pending_downloads
where cast(asset_id as text) = any(?)
union all
select cast(asset_id as text), attempt from {state}.pending_rereads
where cast(asset_id as text) = any(?)
"""
"""What is still to be fetched, and by which attempt it would be read again."""
TABLES, MEDIA, SLOTS, DRIVERS = range(1380666187, 1380666191)
"""The spaces of our advisory locks: any numbers that nobody else on the server uses. The next is
the warehouse's ``CREATING``."""


HOLDER = """
select theirs.pid, theirs.usename, theirs.application_name, theirs.state,
    theirs.backend_start as since
from pg_locks as locks
inner join pg_stat_activity as theirs on locks.pid = theirs.pid
where locks.locktype = 'advisory' and locks.granted and locks.classid = ?
    and locks.objid = cast(cast(hashtext(?) as bigint) & 4294967295 as oid)
    and locks.database = (select oid from pg_database where datname = current_database())
"""
POLL_S = 0.5
LONGEST_WAIT_S = 3600.0
"""For another run's load or build; then this one ends, and says whose it was."""


class PendingFetch(NamedTuple):
    """A row of ``PENDING``."""

    asset_id: str
    attempt: int | None


LOCK = "run.lock"
_kept = ExitStack()
_ours: set[Path] = set()
"""The data folders whose lock this process has."""


@contextmanager
def run_lock(context: Context) -> Iterator[None]:
    """Keep other runs out of the data folder, and say what this one waits for.

    Raises ``BusyError`` if there is another.
    """
    _kept.close()
    folder = context.settings.data_dir
    with (
        folder_lock(folder, command_name()),
        held(folder, folder / LOCK, known_folder(folder)),
        watched(context.target),
    ):
        try:
            yield
        finally:
            remember_folder(context.settings)


def keep_folder(folder: Path) -> None:
    """Take the lock of a data folder until this process ends, or begins a run of its own."""
    _kept.enter_context(folder_lock(folder, command_name()))
    atexit.register(_kept.close)


def command_name() -> str:
    """What this process was called as, such as ``rowkeeper run`` or ``dbt build``."""
    name, _, place = os.environ.get(APPLICATION_VARIABLE, "").rpartition(" ")
    if place.endswith(f":{os.getpid()}"):
        return name
    words = [Path(sys.argv[0]).name, *(word for word in sys.argv[1:3] if word.isalpha())]
    return " ".join(words)


@contextmanager
def folder_lock(folder: Path, command: str) -> Iterator[None]:
    """Keep other processes out of a data folder. Raises ``BusyError``, which names the other."""
    folder.mkdir(parents=True, exist_ok=True)
    check_links(folder)
    note, place = folder / "run.json", folder.resolve()
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_path(folder / LOCK, timeout_s=0))
        except TimeoutError:
            raise BusyError(
                f"{_holder(note)} works in {folder}: wait until it has ended, then run again."
            ) from None
        holder = {"command": command, "pid": os.getpid(), "since": said_of_time(clock.now())}
        try:
            _ours.add(place)
            with suppress(OSError):  # a full disk is said by whoever writes what matters
                write_small(note, json.dumps(holder))
            yield
        finally:
            _ours.discard(place)
            with suppress(OSError):  # the disk may be away
                note.unlink(missing_ok=True)


def check_links(folder: Path) -> None:
    """Raise ``DiskError`` for a link right in the data folder, or anywhere in its tools' folders.

    Those write by themselves, as DuckDB does, and follow what they find.
    """
    for path in folder.iterdir():
        if path.is_symlink():
            raise linked(path)
    for tool in ("dlt", "dbt"):
        for above, folders, files in os.walk(folder / tool):
            for name in (*folders, *files):
                if (path := Path(above, name)).is_symlink():
                    raise linked(path)


def is_ours(folder: Path) -> bool:
    """Has this process the lock of the data folder?"""
    return folder.resolve() in _ours


def _holder(note: Path) -> str:
    try:
        said = from_json(note.read_text())
        return harmless(f"{said['command']} (pid {said['pid']}, since {said['since']})")
    except (OSError, ValueError, KeyError, TypeError):
        return "Another rowkeeper run"


@contextmanager
def tables_lock(context: Context) -> Iterator[None]:
    """Wait until no other run loads or builds the same tables, and keep others from it.

    Raises ``BusyError`` if that takes an hour.
    """
    with _turn(context, context.target.schema):
        yield


@contextmanager
def loads_lock(context: Context) -> Iterator[None]:
    """The same for a load of dlt, for raw is shared by all schemas. Taken within the other."""
    with _turn(context, "raw"):
        yield


@contextmanager
def _turn(context: Context, schema: str) -> Iterator[None]:
    if context.target.type == "duckdb":  # its file has one writer
        yield
        return
    key: list[Any] = [TABLES, schema]
    with connect(context.target) as warehouse:
        wait = Patience("another run's load or build of the same tables")
        while warehouse.query("select pg_try_advisory_lock(?, hashtext(?))", key) != [(True,)]:
            wait.tell(lambda: _session(warehouse, key))
            if wait.waited_s > LONGEST_WAIT_S:
                raise BusyError(
                    f"{_session(warehouse, key)} loads or builds the same tables for "
                    f"{wait.waited_s:.0f} s: see what it does, then run again."
                )
            time.sleep(POLL_S)
        yield


def _session(warehouse: Warehouse, key: list[Any]) -> str:
    sessions = warehouse.records(session_words, HOLDER, key)
    return sessions[0] if sessions else "it ends just now"


@contextmanager
def claimed(context: Context, requests: "Sequence[Request]") -> "Iterator[list[Request]]":
    """Those of ``requests`` that are still pending or due again, their media nobody else's now.

    No other run fetches those media until the end. A claim ends with its connection, so a killed
    run leaves none.
    """
    if context.target.type == "duckdb":
        yield list(requests)
        return
    keys = [f"{item.provider} {item.media_id} {item.asset_kind}" for item in requests]
    claim = "select key, pg_try_advisory_lock(?, hashtext(key)) as granted from unnest(?) as key"
    with connect(context.target) as warehouse:
        media = list(dict.fromkeys(keys))
        granted: dict[str, bool] = warehouse.lookup("key", "granted", claim, [MEDIA, media])
        asked = [item.asset_id for item in requests]
        pending = set(warehouse.records(PendingFetch, PENDING, [asked, asked]))
        try:
            yield [
                item
                for item, key in zip(requests, keys, strict=True)
                if granted[key]
                and not pending.isdisjoint({(item.asset_id, None), (item.asset_id, item.attempt)})
            ]
        finally:
            with suppress(WarehouseError):  # a session that has ended has none, in a moment
                warehouse.query("select pg_advisory_unlock_all()")
