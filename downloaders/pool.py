"""Many downloads at once: bounded threads, tries again, pauses a site, reports events."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from downloaders import files
from downloaders.base import FetchSettings, Request
from downloaders.outcomes import Outcome
from downloaders.places import Places
from downloaders.sinks import Streamer
from downloaders.unit import OnProgress, Unit
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.pool import Stop, run_bounded
from rowkeeper.core.progress import Progress

Emit = Callable[[AssetEvent], object]
"""Writes an event through to the disk; called by many threads at once."""
ADDED = ("downloaded", "archived", "unchanged", "failed", "paused", "discovered", "size_bytes")
"""The counts that pages of one run add up to."""


@dataclass
class DownloadSummary:
    """What a run of downloads came to, in assets.

    ``unchanged`` ones were read again in vain, ``paused`` ones were left for the next run, ``left``
    ones to another that runs now. ``archived``: how many of the downloaded ones went straight into
    the store. ``workers``: how many each worker of a cluster had.
    """

    downloaded: int = 0
    archived: int = 0
    unchanged: int = 0
    failed: int = 0
    paused: int = 0
    left: int = 0
    discovered: int = 0
    size_bytes: int = 0
    paused_providers: dict[str, str] = field(default_factory=dict)
    workers: dict[str, int] = field(default_factory=dict)

    def count(self, outcome: Outcome) -> None:
        """One more outcome; for one thread at a time."""
        setattr(self, outcome.state, getattr(self, outcome.state) + 1)
        self.discovered += outcome.discovered
        self.size_bytes += outcome.size_bytes
        self.archived += any(event.event_type == EventType.UPLOADED for event in outcome.events)
        if outcome.pause:
            self.paused_providers.setdefault(outcome.request.site, outcome.pause)
        for worker in {str(event.details.get("worker", "")) for event in outcome.events} - {""}:
            self.workers[worker] = self.workers.get(worker, 0) + 1

    def add(self, other: "DownloadSummary") -> None:
        """What another page of the same run came to."""
        for name in ADDED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.paused_providers |= other.paused_providers
        for worker, assets in other.workers.items():
            self.workers[worker] = self.workers.get(worker, 0) + assets


def download_all(
    requests: Iterable[Request],
    settings: FetchSettings,
    emit: Emit,
    session_id: str,
    on_progress: OnProgress | None = None,
    *,
    streamer: Streamer | None = None,
) -> DownloadSummary:
    """Fetch all ``requests``, reporting each outcome through ``emit`` before going on.

    A failure of one asset is an event and never raises. Each provider has a queue of its own: a
    site that wants a pause keeps its own queue alone. Interrupted, it stops the threads, keeps what
    is finished and raises again. With ``streamer`` files go past the disk where their downloader
    can do that; others are marked as temporary. Raises ``DiskFullError``, and ``StoreError`` if
    the store at the end of that way refuses.
    """
    files.sweep(settings.data_dir)
    queues, stop, shown = by_provider(requests), Stop(), on_progress or (lambda _: None)
    summary, lock = DownloadSummary(), threading.Lock()
    with Places(settings) as places:
        unit = Unit(settings, session_id, stop, shown, places=places, streamer=streamer)

        def one(request: Request) -> None:
            outcome = unit.fetch(request)
            for event in outcome.events:
                emit(event)
            unit.reported(outcome)
            with lock:
                summary.count(outcome)
            shown(progress_of(outcome))

        workers = settings.download.workers
        run_bounded(one, queues, workers, stop, "download", limits=slots(settings, queues))
    return summary


def by_provider(requests: Iterable[Request]) -> dict[str, list[Request]]:
    """A queue for each provider: a site that wants a pause keeps its own alone."""
    queues: dict[str, list[Request]] = {}
    for request in requests:
        queues.setdefault(request.provider, []).append(request)
    return queues


def slots(settings: FetchSettings, queues: Iterable[str]) -> dict[str, int]:
    """How many transfers of each provider run at a time, of those that have a bound."""
    paces = settings.throttle.limits
    return {site: paces[site].slots for site in queues if site in paces and paces[site].slots}


def progress_of(outcome: Outcome) -> Progress[Request]:
    """What displays show of an outcome."""
    size = outcome.size_bytes
    total = size if outcome.state == "downloaded" else None
    return Progress(outcome.request, outcome.state, size, total, outcome.message)
