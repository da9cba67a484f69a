"""What workers of a cluster finished, in Postgres until the driver has it in its journal.

A worker writes each outcome, its events with their ids, before it goes on. So a batch that is done
again on another worker skips what was done, and the next run takes up what a driver that died did
not hear of. A driver holds an advisory lock of its session: where that stays free, the driver is
gone.
"""

import json
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from rowkeeper.core.drain import drain
from rowkeeper.core.errors import UsageError, WarehouseError
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.pool import Stop, StoppedError
from rowkeeper.core.text import from_json
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.lasting import LastingSession
from rowkeeper.workspace.locks import DRIVERS

if TYPE_CHECKING:
    from downloaders.base import Request
    from downloaders.outcomes import Outcome

IS_GONE = f"""case when pg_try_advisory_lock_shared({DRIVERS}, hashtext(session_id))
then pg_advisory_unlock_shared({DRIVERS}, hashtext(session_id)) else false end"""
STANDING = f"""
select {IS_GONE}, (
    select outcome from raw.worker_results as results
    where results.session_id = asked.session_id and results.asset_id = ?
), (
    select outcome from raw.worker_results as results
    where results.session_id = asked.session_id and results.asset_id = ''
) from (select cast(? as text) as session_id) as asked
"""
KEEP = """
insert into raw.worker_results as results (session_id, asset_id, outcome)
select asked.session_id, ?, ? from (select cast(? as text) as session_id) as asked
where not exists (
    select 1 from raw.worker_results as ended
    where ended.session_id = asked.session_id and ended.asset_id = '' and ended.outcome = 'over'
)
on conflict (session_id, asset_id) do update set outcome = results.outcome returning outcome
"""
END = """
insert into raw.worker_results (session_id, asset_id, outcome) values (?, '', ?)
on conflict (session_id, asset_id) do update set outcome = excluded.outcome returning 1
"""
ENDING, OVER = "ending", "over"
"""What a row of no asset says: nothing more is begun, or nothing that comes later counts,
as from a worker that was cut off."""
FORGET_ENDS = """
delete from raw.worker_results where asset_id = '' and written_at < now() - interval '7 days'
"""
OF_THE_GONE = f"""
from raw.worker_results where asset_id <> '' and session_id in (
    select session_id from (
        select distinct session_id from raw.worker_results where asset_id <> ''
    ) as sessions where {IS_GONE}
)
"""
LEFT = f"select session_id, asset_id, outcome {OF_THE_GONE} order by 1, 2 limit 5000"
SINCE = f"""
select extract(epoch from clock_timestamp() - max(written_at)) {OF_THE_GONE}
and session_id not in (
    select session_id from raw.worker_results where asset_id = '' and outcome = 'over'
)
"""
FORGET = "delete from raw.worker_results where session_id = ? and asset_id = any(?)"
HOLD = f"select pg_advisory_lock({DRIVERS}, hashtext(?))"
"""Held as often as it is asked for, until the session on Postgres ends."""
AT_WORK = f"{DRIVERS}, hashtext('at work for ' || cast(? as text))"
BEGIN = f"select pg_try_advisory_lock_shared({AT_WORK})"
STOP = f"select pg_advisory_unlock_shared({AT_WORK})"
IS_DONE = f"select pg_try_advisory_lock({AT_WORK})"
"""All who are at work for a session share a lock, which its driver gets once none of them is."""
LOOK_S, HOLD_S, GONE_S = 2.0, 1.0, 5.0
"""How often a worker looks whether its driver is there, and a driver sees to its lock, which a
server that begins anew has forgotten; for how long it is free once the driver is gone."""
LAST_S, POLL_S = 5.0, 0.1
"""How long a driver that ends waits for what is in flight, and how often it looks."""


class LeftResult(NamedTuple):
    """An outcome that its driver did not take."""

    session_id: str
    asset_id: str
    outcome: str


class Results:
    """The outcomes of one session, for many threads of one worker."""

    def __init__(self, session: LastingSession, session_id: str) -> None:
        self._session, self._session_id = session, session_id

    def standing(self, asset_id: str) -> tuple[bool, str | None]:
        """Is the driver gone? And the outcome of ``asset_id``, if one is there.

        Raises ``StoppedError`` once the session is ending.
        """
        is_gone, outcome, end = self._look(asset_id)
        if end is not None:
            raise StoppedError
        return is_gone, outcome

    def is_gone(self) -> bool:
        """Is the driver gone? Raises ``StoppedError`` once the session is over."""
        is_gone, _, end = self._look("")
        if end == OVER:
            raise StoppedError
        return is_gone

    def is_over(self) -> bool:
        """Did the driver end, or is it gone?"""
        try:
            return self.is_gone()
        except StoppedError:
            return True

    def _look(self, asset_id: str) -> tuple[bool, str | None, str | None]:
        ((is_gone, outcome, end),) = self._session.ask(STANDING, asset_id, self._session_id)
        return bool(is_gone), outcome, end

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """What the driver waits for when it ends. Raises ``StoppedError`` once it has."""
        if self._session.ask(BEGIN, self._session_id) == [(False,)]:
            raise StoppedError
        try:
            yield
        finally:
            with suppress(WarehouseError):  # a session that ended has none
                self._session.ask(STOP, self._session_id)

    def keep(self, asset_id: str, outcome: str) -> str:
        """Write down ``outcome``, unless another worker was first; the one that counts.

        Raises ``StoppedError`` once the session is over.
        """
        for (kept,) in self._session.ask(KEEP, asset_id, outcome, self._session_id):
            return str(kept)
        raise StoppedError


class DriverWatch(Stop):
    """Tells a worker that its session is over: its driver ended, was killed or cut off."""

    def __init__(self, results: Results) -> None:
        super().__init__()
        self._results, self._next = results, 0.0
        self._gone_since: float | None = None

    def check(self) -> None:
        """Raise ``StoppedError`` if the session is over."""
        super().check()
        if (now := time.monotonic()) >= self._next:
            self._next = now + LOOK_S
            try:
                is_gone = self._results.is_gone()
            except StoppedError:
                self.set()
                raise
            self.saw(is_gone)

    def saw(self, is_gone: bool) -> None:
        """Raise ``StoppedError`` where nobody has held the driver's lock for too long."""
        now = time.monotonic()
        self._gone_since = (self._gone_since or now) if is_gone else None
        if self._gone_since is not None and now - self._gone_since >= GONE_S:
            self.set()
            super().check()

    def sleep(self, seconds: float) -> None:
        """Wait, or raise ``StoppedError`` as soon as it is known that the session is over."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            super().sleep(min(left, LOOK_S))


@contextmanager
def driving(context: Context, session_id: str) -> Iterator[None]:
    """Hold the lock of a session, anew where the server ended ours.

    At the end nothing more is begun, what is in flight is waited for, and then all is over.
    """
    over = threading.Event()
    with LastingSession(context.target) as session, ThreadPoolExecutor(1) as thread:

        def hold() -> None:
            while not over.wait(HOLD_S):
                with suppress(WarehouseError):  # for long: its workers say so
                    session.ask(HOLD, session_id)

        session.ask(HOLD, session_id)
        thread.submit(hold)
        try:
            yield
        finally:
            over.set()
            with suppress(WarehouseError):
                session.ask(END, session_id, ENDING)
                _wait_for_workers(session, session_id)
                session.ask(END, session_id, OVER)


def _wait_for_workers(session: LastingSession, session_id: str) -> None:
    until = time.monotonic() + LAST_S
    while session.ask(IS_DONE, session_id) == [(False,)] and time.monotonic() < until:
        time.sleep(POLL_S)


def forget(context: Context, session_id: str, asset_ids: Iterable[str]) -> None:
    """Remove what is in the journal and drained."""
    with connect(context.target) as warehouse:
        warehouse.execute(FORGET, [session_id, sorted(asset_ids)])


def take_up(context: Context) -> int:
    """Journal and drain what is left of sessions whose drivers are gone; how many assets.

    Waits until their workers have noticed, so that nothing of it comes later. Two that do so at
    once change nothing: the events have their ids.
    """
    if context.target.type != "postgres":
        return 0
    folder, count = journal_dir(context.settings.data_dir), 0
    with connect(context.target) as warehouse:
        if "worker_results" not in warehouse.tables("raw"):
            return 0
        warehouse.execute(FORGET_ENDS)
        ((since_s,),) = warehouse.query(SINCE)
        if since_s is not None and since_s < LOOK_S + GONE_S:
            time.sleep(LOOK_S + GONE_S)
        while rows := warehouse.records(LeftResult, LEFT):
            with Journal(folder) as journal:
                journal.extend([event for row in rows for event in _events(row.outcome)])
            drain(folder, context.target)
            for session_id in {row.session_id for row in rows}:
                assets = sorted(row.asset_id for row in rows if row.session_id == session_id)
                warehouse.execute(FORGET, [session_id, assets])
                warehouse.query(END, [session_id, OVER])
            count += len(rows)
    return count


def told(outcome: "Outcome") -> str:
    """``outcome`` as text, without its request."""
    kept = ("state", "size_bytes", "discovered", "message", "pause")
    values = {name: getattr(outcome, name) for name in kept}
    return json.dumps({**values, "events": [event.to_json() for event in outcome.events]})


def outcome_of(request: "Request", text: str) -> "Outcome":
    """What :func:`told` was given."""
    from downloaders.outcomes import Outcome

    values = from_json(text)
    return Outcome(request=request, **{**values, "events": _events(text)})


def _events(text: str) -> tuple[AssetEvent, ...]:
    return tuple(AssetEvent.from_json(line) for line in from_json(text)["events"])


def require_driver(results: Results) -> None:
    """Raise ``UsageError`` if the driver's lock is not seen here: it is another database."""
    if results.standing("")[0]:
        raise UsageError(
            "Its warehouse is not its driver's: give it the same ROWKEEPER_PG_* variables, then "
            "run again."
        )
