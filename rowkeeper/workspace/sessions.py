"""Download and upload sessions: how they begin and end, and what a killed run left open."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rowkeeper.core.drain import drain
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

INTERRUPTED_DETAILS = {"noticed_by": "a later run"}
OPEN = """
select sessions.session_id, sessions.activity
from {schema}.download_sessions as sessions
inner join raw.asset_events as events
    on cast(sessions.session_id as text) = events.session_id
where sessions.status = 'running'
    and events.event_type = 'session_started'
    and coalesce(cast(events.details as json) ->> 'data_folder', ?) = ?
order by sessions.session_id
"""
WORKERS = """
select session_id, cast(details as json) ->> 'worker' as worker, count(distinct asset_id)
from raw.asset_events where session_id = any(?) and details like '%"worker"%'
group by 1, 2 order by 1, 2
"""


class OpenSession(NamedTuple):
    """A session of which no end was told."""

    session_id: str
    activity: str


class Session:
    """A download or an upload session: it begins with its first work and ends with an event."""

    def __init__(self, folder: Path, session_type: str) -> None:
        self.session_id = new_id()
        self._folder, self._type = folder, session_type
        self._assets: set[str] = set()
        self._left: set[str] = set()

    @property
    def tried(self) -> int:
        """How many assets it has tried."""
        return len(self._assets)

    @property
    def left(self) -> int:
        """How many it has left to other runs."""
        return len(self._left - self._assets)

    def has_seen(self, asset_id: str) -> bool:
        """Was the asset tried, or left to another run?"""
        return asset_id in self._assets or asset_id in self._left

    def leave(self, asset_ids: Iterable[str]) -> None:
        """Leave ``asset_ids`` to whoever has claimed or holds them."""
        self._left.update(asset_ids)

    def say(self, event_type: EventType) -> None:
        """Journal a fact about the session itself, in a segment of its own."""
        with Journal(self._folder) as journal:
            journal.append(
                AssetEvent(
                    event_type=event_type,
                    session_id=self.session_id,
                    session_type=self._type,
                    total_assets=len(self._assets),
                    details={"data_folder": folder_id(self._folder.parent)},
                )
            )

    def new(self, asset_ids: set[str]) -> None:
        """Count ``asset_ids`` among the session's assets; it begins with the first of them."""
        began = bool(self._assets)
        self._assets |= asset_ids
        if asset_ids and not began:
            self.say(EventType.SESSION_STARTED)

    def end(self, event_type: EventType) -> None:
        if self._assets:
            self.say(event_type)


@contextmanager
def session(folder: Path, session_type: str) -> Iterator[Session]:
    """A session that ends as finished, or as interrupted by whatever is raised."""
    current = Session(folder, session_type)
    try:
        yield current
    except BaseException:
        current.end(EventType.SESSION_INTERRUPTED)
        raise
    current.end(EventType.SESSION_FINISHED)


def workers_of(context: Context, session_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many assets each worker of a cluster had, by session; only of those on a cluster."""
    asked = sorted(session_ids)
    if context.target.type != "postgres" or not asked:  # a cluster needs Postgres
        return {}
    had: dict[str, dict[str, int]] = {}
    with connect(context.target) as warehouse:
        for session_id, worker, assets in warehouse.query(WORKERS, [asked]):
            if worker is not None:
                had.setdefault(str(session_id), {})[str(worker)] = int(assets)
    return had


def end_abandoned_sessions(context: Context) -> None:
    """Say of the sessions that a killed run left open that they were interrupted.

    The caller holds the run's lock, so no session of this data folder is under way.
    """
    ours = folder_id(context.settings.data_dir)
    with connect(context.target) as warehouse:
        left = warehouse.records(OpenSession, OPEN, [ours, ours])
    if not left:
        return
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        for session in left:
            journal.append(
                AssetEvent(
                    event_type=EventType.SESSION_INTERRUPTED,
                    session_id=session.session_id,
                    session_type=session.activity,
                    details=INTERRUPTED_DETAILS,
                )
            )
    drain(folder, context.target)
