"""A worker of a cluster: a batch of links in, their outcomes out.

What comes with a batch is plain data. Clients, credentials and the folder for what can't be
streamed are this process's own, made from its environment at the first batch of a session.
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.errors import ClusterError, RowkeeperError, UsageError
from rowkeeper.core.pool import StoppedError
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import Settings, load_settings
from rowkeeper.run.results import DriverWatch, Results, require_driver, told
from rowkeeper.run.stream import StoreStreamer
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.lasting import LastingSession
from rowkeeper.workspace.pace import PostgresPace
from rowkeeper.workspace.store_identity import open_known

if TYPE_CHECKING:
    from downloaders.base import Request
    from downloaders.outcomes import Outcome

SENT = {
    "download": {"cookies_file", "pace_dir", "youtube"},
    "upload": set[str](),
    "network": {"proxy", "ca_file"},
    "store": {
        *("access_key_id", "secret_access_key", "profile", "role_arn", "credentials_file"),
    },
}
"""The sections of the settings that a session's workers share, but for what is each worker's own:
secrets, files and ways out."""
COMPARED = ("rowkeeper", "yt-dlp")
"""The packages that decide what a link comes to."""


@dataclass(frozen=True)
class Task:
    """What all batches of a session have in common. ``settings``: sections of plain values."""

    session_id: str
    target: str
    settings: Mapping[str, Mapping[str, Any]]
    versions: Mapping[str, str]

    @classmethod
    def of(cls, context: Context, session_id: str) -> "Task":
        """The task of a session; it holds no secret."""
        sections = {
            name: getattr(context.settings, name).model_dump(mode="json", exclude=own)
            for name, own in SENT.items()
        }
        return cls(session_id, context.target.name, sections, versions())

    def settings_here(self, data_dir: Path) -> Settings:
        """These settings, with this process's own secrets, files and ways out."""
        tree = load_settings().model_dump()
        for name, values in self.settings.items():
            tree[name] = {**tree[name], **values}
        return Settings.model_validate({**tree, "data_dir": data_dir})


@dataclass(frozen=True)
class Batch:
    """Links of one provider. ``standing``: uploads so far, and the object's UUID in the old
    system, of those that have any."""

    requests: "tuple[Request, ...]"
    standing: Mapping[str, tuple[int, str | None]]


def versions() -> dict[str, str]:
    """The versions here of what is compared."""
    return {name: version(name) for name in COMPARED}


def worker_name() -> str:
    """This process among all workers."""
    return f"{socket.gethostname()}:{os.getpid()}"


def greet(task: Task) -> None:
    """See that this worker can do ``task``. Raises ``RowkeeperError``, with its name."""
    with _named_faults(), _room(task):
        pass


def fetch_batch(task: Task, batch: Batch) -> list[tuple[str, str]]:
    """Fetch the links of ``batch``: asset id and outcome, as ``results.told`` writes it.

    Those that are missing were left: the session is over. Raises ``RowkeeperError``, with the name
    of this worker.
    """
    done = []
    with _named_faults(), suppress(StoppedError), _room(task) as room, room.results.at_work():
        room.way.learn(batch.standing)
        for request in batch.requests:
            done.append((request.asset_id, room.one(request)))
    return done


@contextmanager
def _named_faults() -> Iterator[None]:
    """What is raised travels without its cause, and says whose it is."""
    try:
        yield
    except RowkeeperError as error:
        raise type(error)(f"The worker {worker_name()}: {error}") from None
    except OSError as error:
        refused = disk_error(error) or error
        raise ClusterError(f"The worker {worker_name()}: {refused}") from None


class _Room:
    """What a worker has for one session."""

    def __init__(self, task: Task, stack: ExitStack) -> None:
        """Raises ``StoppedError`` if the session is over."""
        from downloaders import files
        from downloaders.registry import fetch_settings, throttle_of
        from downloaders.unit import Unit
        from uploaders.layout import checked_layout
        from uploaders.retrying import retrying

        _require_versions(task)
        self.open, self.guests = ExitStack(), 0
        self.folder = Path(stack.enter_context(TemporaryDirectory(prefix="rowkeeper-worker-")))
        settings = task.settings_here(self.folder)
        context = Context(settings, load_target(task.target))
        session = stack.enter_context(LastingSession(context.target))
        self.results = Results(session, task.session_id)
        require_driver(self.results)
        self.stop = stop = DriverWatch(self.results)
        store = retrying(open_known(context), settings.upload, stop.sleep)
        store.probe()
        self.way = StoreStreamer(store, checked_layout(settings.store.layout), task.session_id)
        throttle = throttle_of(settings.download, PostgresPace(session))
        self.unit = Unit(
            fetch_settings(settings, throttle),
            task.session_id,
            stop,
            lambda _: stop.check(),
            streamer=self.way,
        )
        files.sweep(self.folder)

    def one(self, request: "Request") -> str:
        """The outcome of ``request``: the one that stands, or else what comes now."""
        from downloaders import files

        is_gone, outcome = self.results.standing(request.asset_id)
        self.stop.saw(is_gone)
        if outcome is not None:
            return outcome
        fetched = _signed(self.unit.fetch(request))
        if fetched.state == "failed":
            self.stop.check()  # or it failed because all ends here
        files.forget(request, self.unit.settings)
        if fetched.state == "paused":
            return told(fetched)
        return self.results.keep(request.asset_id, told(fetched))


_rooms: dict[str, _Room] = {}
_lock = threading.Lock()


@contextmanager
def _room(task: Task) -> Iterator[_Room]:
    """This process's room for a session, which several may have at a time."""
    with _lock:
        if task.session_id not in _rooms:
            _close_ended()
            with ExitStack() as stack:
                _rooms[task.session_id] = made = _Room(task, stack)
                made.open = stack.pop_all()
        room = _rooms[task.session_id]
        room.guests += 1
    try:
        yield room
    finally:
        with _lock:
            room.guests -= 1


def _close_ended() -> None:
    """The rooms of sessions that are over go, but for those in which somebody still is."""
    for session_id, room in list(_rooms.items()):
        if not room.guests and room.results.is_over():
            del _rooms[session_id]
            room.open.close()


def _require_versions(task: Task) -> None:
    own = versions()
    for name, wanted in task.versions.items():
        if own[name] != wanted:
            raise UsageError(
                f"It has {name} {own[name]} and its driver {wanted}: install the same version on "
                "both, then run again."
            )


def _signed(outcome: "Outcome") -> "Outcome":
    """``outcome``, its events with the name of this worker."""
    name = worker_name()
    events = (
        replace(event, details={**event.details, "worker": name}) if event.attempt else event
        for event in outcome.events
    )
    return replace(outcome, events=tuple(events))
