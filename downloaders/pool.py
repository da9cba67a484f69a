"""Many downloads at once: bounded threads, tries again, pauses a site, reports events."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from downloaders import documents, files, readings
from downloaders.base import Discovered, Downloader, Fetched, FetchSettings, Request
from downloaders.google.kinds import OtherKindError, as_found
from downloaders.outcomes import discovery, next_try, one_line, storable, verdict_of
from downloaders.places import Places
from downloaders.readings import PartialListError, UnchangedError
from downloaders.registry import Registry
from downloaders.sinks import Straight
from downloaders.streaming import StreamingDownloader
from rowkeeper.core.disk.faults import too_large
from rowkeeper.core.disk.presence import require
from rowkeeper.core.errors import (
    RetryLaterError,
    RowkeeperError,
    TransferError,
    Verdict,
)
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.links.classify import Link
from rowkeeper.core.pool import Stop, StoppedError, run_bounded
from rowkeeper.core.progress import Progress
from rowkeeper.core.retry import between_runs, with_retries

Emit = Callable[[AssetEvent], object]
"""Writes an event through to the disk; called by many threads at once."""

SELDOM_S = 30 * 86_400.0
"""How long a later run leaves alone what stays unfinished after ``max_attempts`` readings."""


OnProgress = Callable[[Progress[Request]], None]
"""Called by many threads at once."""


@dataclass
class Summary:
    """What a run of downloads came to, in assets.

    ``unchanged`` ones were read again in vain, ``paused`` ones were left for the next run, ``left``
    ones to another that runs now.
    """

    downloaded: int = 0
    unchanged: int = 0
    failed: int = 0
    paused: int = 0
    left: int = 0
    discovered: int = 0
    size_bytes: int = 0
    paused_providers: dict[str, str] = field(default_factory=dict)


def download_all(
    requests: Iterable[Request],
    settings: FetchSettings,
    emit: Emit,
    session_id: str,
    on_progress: OnProgress | None = None,
    *,
    straight: Straight | None = None,
) -> Summary:
    """Fetch all ``requests``, reporting each outcome through ``emit`` before going on.

    A failure of one asset is an event and never raises. Each provider has a queue of its own: a
    site that wants a pause keeps its own queue alone. Interrupted, it stops the threads, keeps what
    is finished and raises again. With ``straight`` files go past the disk where their downloader
    can do that; others are marked as temporary. Raises ``DiskFullError``, and ``StoreError`` if
    the store at the end of that way refuses.
    """
    queues: dict[str, list[Request]] = {}
    for request in requests:
        queues.setdefault(request.provider, []).append(request)
    files.sweep(settings.data_dir)
    with Places(settings) as places:
        run = _Run(settings, emit, session_id, on_progress or (lambda _: None), places, straight)
        paces = settings.throttle.limits
        slots = {
            site: paces[site].slots or settings.download.workers for site in queues if site in paces
        }
        run_bounded(run.one, queues, settings.download.workers, run.stop, "download", limits=slots)
    return run.summary


class _Run:
    def __init__(
        self,
        settings: FetchSettings,
        emit: Emit,
        session_id: str,
        on_progress: OnProgress,
        places: Places,
        straight: Straight | None,
    ) -> None:
        self.stop = Stop()
        self.settings = replace(
            settings,
            throttle=replace(
                settings.throttle, sleep=self.stop.sleep, longest_s=settings.download.max_pause_s
            ),
        )
        self.download = settings.download
        self.emit, self.session_id = emit, session_id
        self.on_progress, self.places, self.straight = on_progress, places, straight
        self.folder = files.partial_folder(settings.data_dir)
        self.registry = Registry(self.settings)
        self.summary = Summary()
        self.lock = threading.Lock()

    def one(self, request: Request) -> None:
        """Fetch one asset and report it, unless its site is paused."""
        if self._is_paused(request):
            return
        tries = count(1)
        try:
            fetched = with_retries(
                lambda: self._fetch(request, is_last=next(tries) >= self.download.attempts),
                self.download.attempts,
                self.download.backoff_s,
                self.stop.sleep,
                pause=lambda error: self._pause(request, error),
            )
        except StoppedError:
            return
        except OtherKindError as error:
            self._identified(request, error.link)
        except UnchangedError as error:
            self._unchanged(request, error.details)
        except TransferError as error:
            if self.straight:
                self.straight.complain(error)
            self._failed(request, error)
        else:
            self._downloaded(request, fetched)

    def _is_paused(self, request: Request) -> bool:
        """Is the site's queue at its end for this run? Then say so."""
        left = self.settings.throttle.paused_s(request.provider)
        with self.lock:
            paused = self.summary.paused_providers
            if left > self.download.max_pause_s:
                paused.setdefault(request.provider, f"for {left:.0f} more seconds, as it asked")
            if request.provider not in paused:
                return False
            self.summary.paused += 1
        self.on_progress(Progress(request, "paused"))
        return True

    def _pause(self, request: Request, error: TransferError) -> bool:
        """Let the whole machine leave the site alone; does this run wait for its end?"""
        seconds = self.download.pause_s if error.retry_after_s is None else error.retry_after_s
        self.settings.throttle.pause(request.provider, seconds)
        return 0 < seconds <= self.download.max_pause_s

    def _fetch(self, request: Request, *, is_last: bool) -> Fetched:
        def progress(done: int, total: int | None) -> None:
            self.stop.check()
            self.on_progress(Progress(request, "running", done, total))

        progress(0, None)
        try:
            if standing := self.places.recover(request):
                return standing
            if self.straight and (gone := self.straight.recover(request, self.folder)):
                return gone
            downloader = self.registry.for_request(request)
            with self.settings.throttle.slot(request.provider):
                fetched = self._whole(downloader, request, progress, is_last=is_last)
            if self.straight is None:
                return self.places.settle(request, fetched)
            if self.straight.went(request):
                return fetched
            details = {**fetched.details, "temporary": True}
            return self.places.settle(request, replace(fetched, details=details))
        except (RowkeeperError, StoppedError, OtherKindError, UnchangedError):
            raise
        except Exception as error:
            require(self.settings.data_dir)
            if refused := too_large(error):
                raise refused from error
            code = "local_io" if isinstance(error, OSError) else "unexpected"
            raise RetryLaterError(code, f"{type(error).__name__}: {error}") from error

    def _whole(
        self,
        downloader: Downloader,
        request: Request,
        progress: Callable[[int, int | None], None],
        *,
        is_last: bool,
    ) -> Fetched:
        """What the downloader gets, if it is new; at the last try a list need not be whole."""
        try:
            fetched = self._take(downloader, request, progress)
        except PartialListError as error:
            if not is_last:
                raise
            fetched = error.fetched
            if request.standing and request.standing.details.get("complete"):
                # it does not take the place of the complete one, but may have new entries
                self._discovered(request, fetched)
        fetched = readings.proved(request, fetched)
        readings.compare(request, fetched)
        return replace(fetched, details=self._unfinished(request, fetched.details))

    def _unfinished(self, request: Request, details: dict[str, Any]) -> dict[str, Any]:
        """``details``, with the time to look again at what is not final or not complete."""
        if not (details.get("provisional") or details.get("complete") is False):
            return details
        if because := details.get("incomplete_because"):
            details = {**details, "incomplete_because": one_line(because)}
        tries = request.tries + 1
        rarely = SELDOM_S if tries >= self.download.max_attempts else 0.0
        delay = max(between_runs(tries, self.download.retry_after_s), rarely)
        return {**details, **next_try(delay)}

    def _take(
        self, downloader: Downloader, request: Request, progress: Callable[[int, int | None], None]
    ) -> Fetched:
        if self.straight is None or not isinstance(downloader, StreamingDownloader):
            return downloader.fetch(request, self.folder, progress)
        with self.straight.sink(request, self.folder) as sink:
            return downloader.fetch_into(request, self.folder, sink, progress)

    def _identified(self, request: Request, link: Link) -> None:
        """Go on with ``request`` as what it was found to be, and say so."""
        try:
            found, twins = as_found(request, link)
        except TransferError as error:
            self._failed(request, error)
            return
        told = {"provider": found.provider, "asset_kind": found.asset_kind}
        details = {**told, "original_url": link.url, "step": len(found.was)}
        self.emit(self._event(EventType.IDENTIFIED, request, details=details))
        for twin in twins:
            self.emit(self._discovered_event(request, twin))
        self.one(found)

    def _downloaded(self, request: Request, fetched: Fetched) -> None:
        self._discovered(request, fetched)
        if documents.is_text(request, fetched):
            details = documents.read_text(fetched.path)
            self.emit(self._event(EventType.DOCUMENT_READ, request, details=details))
        gone = self.straight.told(request) if self.straight else None
        if gone:
            self.emit(gone)
        place = fetched.path.relative_to(self.settings.data_dir).as_posix()
        self.emit(
            self._event(
                EventType.DOWNLOADED,
                request,
                local_path=None if gone else place,
                filename=fetched.filename,
                mime_type=fetched.mime_type,
                size_bytes=fetched.size_bytes,
                sha256=fetched.sha256,
                details=fetched.details,
            )
        )
        self.places.reported(request)
        if self.straight:
            self.straight.reported(request, self.folder)
        with self.lock:
            self.summary.downloaded += 1
            self.summary.discovered += len(fetched.discovered)
            self.summary.size_bytes += fetched.size_bytes
        size = fetched.size_bytes
        self.on_progress(Progress(request, "downloaded", size, size))

    def _discovered(self, request: Request, fetched: Fetched) -> None:
        for child in fetched.discovered:
            self.emit(self._discovered_event(request, child))

    def _unchanged(self, request: Request, details: dict[str, Any]) -> None:
        files.forget(request, self.settings)
        details = self._unfinished(request, details)
        sha256 = request.standing.sha256 if request.standing else None
        self.emit(self._event(EventType.REREAD_UNCHANGED, request, sha256=sha256, details=details))
        with self.lock:
            self.summary.unchanged += 1
        self.on_progress(Progress(request, "unchanged"))

    def _failed(self, request: Request, error: TransferError) -> None:
        verdict, message, details = verdict_of(request, error, self.settings)
        if verdict not in {Verdict.RETRY, Verdict.PAUSE}:
            files.forget(request, self.settings)
        self.emit(
            self._event(
                EventType.REREAD_FAILED if request.standing else EventType.DOWNLOAD_FAILED,
                request,
                error_code=error.code,
                error_message=message,
                verdict=verdict.value,
                details=details,
            )
        )
        with self.lock:
            self.summary.failed += 1
            if error.verdict is Verdict.PAUSE:
                self.summary.paused_providers.setdefault(request.provider, message)
        self.on_progress(Progress(request, "failed", message=message))

    def _event(self, event_type: EventType, request: Request, **values: Any) -> AssetEvent:
        facts = storable({**request.facts(), **values})
        return AssetEvent(event_type=event_type, session_id=self.session_id, **facts)

    def _discovered_event(self, parent: Request, child: Discovered) -> AssetEvent:
        return AssetEvent(
            event_type=EventType.DISCOVERED,
            session_id=self.session_id,
            asset_id=child.asset_id,
            row_id=parent.row_id,
            provider=child.provider,
            media_id=child.media_id,
            asset_kind=child.asset_kind,
            original_url=child.original_url,
            parent_asset_id=parent.asset_id,
            details=storable({**discovery(child), "listing": parent.attempt}),
        )
