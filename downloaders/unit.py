"""One asset at a time: a request in, the events that tell of it out.

Nothing of it is journaled here. Whoever runs it writes the events through to the disk, then says so
by :meth:`Unit.reported`: until then a later run finds again what was finished.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from downloaders import documents, files, readings
from downloaders.base import Discovered, Downloader, Fetched, FetchSettings, Request
from downloaders.google.kinds import OtherKindError, as_found
from downloaders.outcomes import Outcome, discovery, next_try, one_line, storable, verdict_of
from downloaders.places import Places
from downloaders.readings import PartialListError, UnchangedError
from downloaders.registry import Registry
from downloaders.sinks import Streamer
from downloaders.streaming import StreamingDownloader
from rowkeeper.core.disk.faults import too_large
from rowkeeper.core.disk.presence import require
from rowkeeper.core.errors import RetryLaterError, RowkeeperError, TransferError, Verdict
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.links.classify import Link
from rowkeeper.core.pool import Stop, StoppedError
from rowkeeper.core.progress import Progress
from rowkeeper.core.retry import between_runs, with_retries

SELDOM_S = 30 * 86_400.0
"""How long a later run leaves alone what stays unfinished after ``max_attempts`` readings."""

OnProgress = Callable[[Progress[Request]], None]
"""Called by many threads at once."""


class Unit:
    """What fetches assets of one session, for many threads at once.

    ``places``: where files lie; without them all goes into the store, by ``streamer``.
    """

    def __init__(
        self,
        settings: FetchSettings,
        session_id: str,
        stop: Stop,
        on_progress: OnProgress,
        *,
        places: Places | None = None,
        streamer: Streamer | None = None,
    ) -> None:
        throttle = replace(
            settings.throttle, sleep=stop.sleep, longest_s=settings.download.max_pause_s
        )
        self.settings = replace(settings, throttle=throttle)
        self.download = settings.download
        self.stop, self.session_id, self.on_progress = stop, session_id, on_progress
        self.places, self.streamer = places, streamer
        self.folder = files.partial_folder(settings.data_dir)
        self.registry = Registry(self.settings)
        self.paused: dict[str, str] = {}
        self.lock = threading.Lock()

    def fetch(self, request: Request) -> Outcome:
        """Fetch one asset, unless its site is paused. A failure is an outcome.

        Raises ``StoppedError``, and what is about the run as a whole: ``DiskFullError``,
        ``StoreError``, ``WarehouseError``.
        """
        if reason := self._pause_of(request):
            return Outcome(request=request, state="paused", pause=reason)
        tries = count(1)
        events: list[AssetEvent] = []
        try:
            fetched = with_retries(
                lambda: self._fetch(request, events, is_last=next(tries) >= self.download.attempts),
                self.download.attempts,
                self.download.backoff_s,
                self.stop.sleep,
                pause=lambda error: self._pause(request, error),
            )
        except OtherKindError as error:
            outcome = self._identified(request, error.link)
        except UnchangedError as error:
            outcome = self._unchanged(request, error.details)
        except TransferError as error:
            if self.streamer:
                self.streamer.complain(error)
            outcome = self.failed(request, error)
        else:
            outcome = self._downloaded(request, fetched)
        return replace(outcome, events=(*events, *outcome.events)) if events else outcome

    def reported(self, outcome: Outcome) -> None:
        """Its events are on disk."""
        if outcome.state == "downloaded":
            if self.places:
                self.places.reported(outcome.request)
            if self.streamer:
                self.streamer.reported(outcome.request, self.folder)

    def _pause_of(self, request: Request) -> str | None:
        """Why the site's queue is at its end for this run, if it is."""
        site = request.site
        left = self.settings.throttle.paused_s(site)
        with self.lock:
            if left > self.download.max_pause_s:
                self.paused.setdefault(site, f"for {left:.0f} more seconds, as it asked")
            return self.paused.get(site)

    def _pause(self, request: Request, error: TransferError) -> bool:
        """Let the whole machine leave the site alone; does this run wait for its end?"""
        wanted, longest = error.retry_after_s, self.download.longest_pause_s
        if wanted is not None and wanted > longest:
            words = f"{error} It asks for longer than download.longest_pause_s, {longest:,.0f} s."
            error.args = (words,)
        seconds = min(self.download.pause_s if wanted is None else wanted, longest)
        self.settings.throttle.pause(request.site, seconds)
        return 0 < seconds <= self.download.max_pause_s

    def _fetch(self, request: Request, events: list[AssetEvent], *, is_last: bool) -> Fetched:
        def progress(done: int, total: int | None) -> None:
            self.stop.check()
            self.on_progress(Progress(request, "running", done, total))

        progress(0, None)
        try:
            if self.places and (standing := self.places.recover(request)):
                return standing
            if self.streamer and (gone := self.streamer.recover(request, self.folder)):
                return gone
            downloader = self.registry.for_request(request)
            with self.settings.throttle.slot(request.provider):
                fetched = self._whole(downloader, request, events, progress, is_last=is_last)
            return self._settle(request, fetched)
        except (RowkeeperError, StoppedError, OtherKindError, UnchangedError):
            raise
        except Exception as error:
            require(self.settings.data_dir)
            if refused := too_large(error):
                raise refused from error
            code = "local_io" if isinstance(error, OSError) else "unexpected"
            raise RetryLaterError(code, f"{type(error).__name__}: {error}") from error

    def _settle(self, request: Request, fetched: Fetched) -> Fetched:
        """``fetched`` at its place."""
        if self.streamer is None:
            return self.places.settle(request, fetched) if self.places else fetched
        if self.streamer.went(request):
            return fetched
        if self.places is None:
            self.streamer.put(request, fetched)
            return fetched
        details = {**fetched.details, "temporary": True}
        return self.places.settle(request, replace(fetched, details=details))

    def _whole(
        self,
        downloader: Downloader,
        request: Request,
        events: list[AssetEvent],
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
                events += self._discovered(request, fetched)
        fetched = readings.proved(request, fetched)
        readings.compare(request, fetched)
        return replace(fetched, details=self._unfinished(request, fetched.details))

    def _unfinished(self, request: Request, details: dict[str, Any]) -> dict[str, Any]:
        """``details``, with the time to look again at what is not final or not complete."""
        if not (details.get("provisional") or details.get("complete") is False):
            return details
        if because := details.get("incomplete_because"):
            details = {**details, "incomplete_because": one_line(because)}
        faults = request.faults + 1
        rarely = SELDOM_S if faults >= self.download.max_attempts else 0.0
        delay = max(between_runs(request.tries + 1, self.download.retry_after_s), rarely)
        return {**details, "faults": faults, **next_try(delay)}

    def _take(
        self, downloader: Downloader, request: Request, progress: Callable[[int, int | None], None]
    ) -> Fetched:
        if self.streamer is None or not isinstance(downloader, StreamingDownloader):
            return downloader.fetch(request, self.folder, progress)
        with self.streamer.sink(request, self.folder) as sink:
            return downloader.fetch_into(request, self.folder, sink, progress)

    def _identified(self, request: Request, link: Link) -> Outcome:
        """Go on with ``request`` as what it was found to be, and say so."""
        try:
            identified, twins = as_found(request, link)
        except TransferError as error:
            return self.failed(request, error)
        kind = {"provider": identified.provider, "asset_kind": identified.asset_kind}
        details = {**kind, "original_url": link.url, "step": len(identified.was)}
        events = [self._event(EventType.IDENTIFIED, request, details=details)]
        events += [self._discovered_event(request, twin) for twin in twins]
        outcome = self.fetch(identified)
        return replace(outcome, events=(*events, *outcome.events))

    def _downloaded(self, request: Request, fetched: Fetched) -> Outcome:
        events = self._discovered(request, fetched)
        if documents.is_text(request, fetched):
            details = documents.read_text(fetched.path)
            events.append(self._event(EventType.DOCUMENT_READ, request, details=details))
        gone = self.streamer.upload_event(request) if self.streamer else None
        if gone:
            events.append(gone)
        downloaded = self._event(
            EventType.DOWNLOADED,
            request,
            local_path=None if gone else self._place(fetched),
            filename=fetched.filename,
            mime_type=fetched.mime_type,
            size_bytes=fetched.size_bytes,
            sha256=fetched.sha256,
            details=fetched.details,
        )
        return Outcome(
            request=request,
            state="downloaded",
            events=(*events, downloaded),
            size_bytes=fetched.size_bytes,
            discovered=len(fetched.discovered),
        )

    def _place(self, fetched: Fetched) -> str:
        return fetched.path.relative_to(self.settings.data_dir).as_posix()

    def _discovered(self, request: Request, fetched: Fetched) -> list[AssetEvent]:
        return [self._discovered_event(request, child) for child in fetched.discovered]

    def _unchanged(self, request: Request, details: dict[str, Any]) -> Outcome:
        files.forget(request, self.settings)
        details = self._unfinished(request, details)
        sha256 = request.standing.sha256 if request.standing else None
        event = self._event(EventType.REREAD_UNCHANGED, request, sha256=sha256, details=details)
        return Outcome(request=request, state="unchanged", events=(event,))

    def failed(self, request: Request, error: TransferError) -> Outcome:
        """The outcome that ``request`` could not be fetched."""
        verdict, message, details = verdict_of(request, error, self.settings)
        if verdict not in {Verdict.RETRY, Verdict.PAUSE}:
            files.forget(request, self.settings)
        event = self._event(
            EventType.REREAD_FAILED if request.standing else EventType.DOWNLOAD_FAILED,
            request,
            error_code=error.code,
            error_message=message,
            verdict=verdict.value,
            details=details,
        )
        pause = message if error.verdict is Verdict.PAUSE else None
        if pause:
            with self.lock:
                self.paused.setdefault(request.site, pause)
        return Outcome(
            request=request, state="failed", events=(event,), message=message, pause=pause
        )

    def _event(self, event_type: EventType, request: Request, **values: Any) -> AssetEvent:
        facts = {**request.facts(), **values}
        said = {name: storable(value) for name, value in facts.items() if value is not None}
        return AssetEvent(event_type=event_type, session_id=self.session_id, **said)

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
