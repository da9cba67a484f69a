"""What keeps runs apart. A data folder has one run; on Postgres several folders may have one each.

Locks save work, nothing more: events of two runs that did the same come to the same state.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rowkeeper.core.errors import BusyError
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from downloaders.base import Request

PENDING = """
select cast(asset_id as text), null as attempt from {schema}.pending_downloads
where cast(asset_id as text) = any(?)
union all
select cast(asset_id as text), attempt from {schema}.pending_rereads
where cast(asset_id as text) = any(?)
"""
"""What is still to be fetched, and by which attempt it would be read again."""
TABLES, MEDIA = 1380666187, 1380666188
"""The two spaces of our advisory locks: any numbers that nobody else on the server uses."""


@contextmanager
def run_lock(context: Context) -> Iterator[None]:
    """Keep other runs out of the data folder. Raises ``BusyError`` if there is one."""
    from filelock import FileLock, Timeout

    folder = context.settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "run.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"Another rowkeeper run works in {folder}: wait until it has ended, then run again."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def tables_lock(context: Context) -> Iterator[None]:
    """Wait until no other run loads or builds the same tables, and keep others from it."""
    if context.target.type == "duckdb":  # its file has one writer
        yield
        return
    with connect(context.target) as warehouse:
        warehouse.query("select pg_advisory_lock(?, hashtext(?))", [TABLES, context.target.schema])
        yield


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
    claim = "select key, pg_try_advisory_lock(?, hashtext(key)) from unnest(?) as key"
    with connect(context.target) as warehouse:
        granted: dict[str, bool] = dict(warehouse.query(claim, [MEDIA, list(dict.fromkeys(keys))]))
        sql = PENDING.format(schema=context.target.schema)
        asked = [item.asset_id for item in requests]
        pending = set(warehouse.query(sql, [asked, asked]))
        yield [
            item
            for item, key in zip(requests, keys, strict=True)
            if granted[key]
            and not pending.isdisjoint({(item.asset_id, None), (item.asset_id, item.attempt)})
        ]
