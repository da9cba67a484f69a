"""Many uploads at once: bounded threads, tries again, reports events."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, StoreError, TransferError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.pool import Stop, StoppedError, run_bounded
from rowkeeper.core.progress import Progress
from uploaders.base import Store, object_key
from uploaders.faults import UnreachableError
from uploaders.layout import checked_layout, key_apart
from uploaders.outcomes import details_of, uploaded_event
from uploaders.registry import open_store
from uploaders.retrying import retrying
from uploaders.values import Stored, UploadRequest

if TYPE_CHECKING:
    from rowkeeper.core.settings import Settings

MAX_MESSAGE = 500

Emit = Callable[[AssetEvent], object]
"""Writes an event through to the disk; called by many threads at once."""


OnProgress = Callable[[Progress[UploadRequest]], object]
"""Called by many threads at once."""


@dataclass
class UploadSummary:
    """What a run of uploads came to, in assets. ``existed`` ones count among ``uploaded``."""

    uploaded: int = 0
    existed: int = 0
    failed: int = 0
    size_bytes: int = 0

    def add(self, other: "UploadSummary") -> None:
        """What another page of the same run came to."""
        for name in ("uploaded", "existed", "failed", "size_bytes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def upload_all(
    requests: Iterable[UploadRequest],
    settings: "Settings",
    emit: Emit,
    session_id: str,
    on_progress: OnProgress | None = None,
    *,
    store: Store | None = None,
) -> UploadSummary:
    """Archive all ``requests`` in the store of ``settings``, or in ``store``, which is ready.

    Each file ends in one event, emitted before going on. A failure of one file never raises.
    ``requests`` is read as room comes free. Raises ``StoreError`` if the store as a whole refuses:
    what is under way ends and keeps its event, the rest stays pending. So it is with an interrupt.
    """
    waiting = iter(requests)
    first = next(waiting, None)
    if first is None:
        return UploadSummary()
    run = _Run(store or open_store(settings), settings, emit, session_id, on_progress)
    if store is None:
        run.store.make_ready()
    queue = {"": chain([first], waiting)}
    run_bounded(run.one, queue, settings.upload.workers, run.stop, "upload")
    return run.summary


def settle(store: Store, template: str, request: UploadRequest) -> Stored:
    """Archive the file under its key, or where another content has that, under one of its own.

    What has a key that others may have is never set aside for a lost object.
    """
    key = object_key(request, template)
    is_own = request.asset_id in key
    if is_own or not request.replaces_lost:
        try:
            return store.put(request, key)
        except NeedsPersonError as error:
            if is_own or error.code != "object_differs":
                raise
    return store.put(request, key_apart(key, request.asset_id))


class _Run:
    def __init__(
        self,
        store: Store,
        settings: "Settings",
        emit: Emit,
        session_id: str,
        on_progress: OnProgress | None,
    ) -> None:
        self.stop = Stop()
        self.store = retrying(store, settings.upload, self.stop.sleep)
        self.emit, self.session_id = emit, session_id
        self.template = checked_layout(settings.store.layout)
        self.on_progress: OnProgress = on_progress or (lambda _: None)
        self.summary = UploadSummary()
        self.lock = threading.Lock()

    def one(self, request: UploadRequest) -> None:
        """Archive one file and report it."""
        try:
            stored = self._put(request)
        except UnreachableError as error:
            self.stop.set()
            raise self.store.unusable(error) from None
        except StoreError:
            self.stop.set()
            raise
        except TransferError as error:
            self._failed(request, error)
        else:
            self._uploaded(request, stored)

    def _put(self, request: UploadRequest) -> Stored:
        self.stop.check()
        self.on_progress(Progress(request, "running", 0, request.size_bytes))
        try:
            if request.unsafe:
                raise NeedsPersonError("path_unsafe", request.unsafe)
            return settle(self.store, self.template, request)
        except (TransferError, StoreError, StoppedError):
            raise
        except Exception as error:
            raise RetryLaterError("unexpected", f"unexpected {type(error).__name__}") from error

    def _uploaded(self, request: UploadRequest, stored: Stored) -> None:
        self.emit(uploaded_event(self.store, request, stored, self.session_id))
        with self.lock:
            self.summary.uploaded += 1
            self.summary.existed += stored.existed
            self.summary.size_bytes += request.size_bytes
        size = request.size_bytes
        self.on_progress(Progress(request, "uploaded", size, size))

    def _failed(self, request: UploadRequest, error: TransferError) -> None:
        message = str(error)[:MAX_MESSAGE]
        self.emit(
            AssetEvent(
                event_type=EventType.UPLOAD_FAILED,
                session_id=self.session_id,
                store=self.store.root,
                error_code=error.code,
                error_message=message,
                verdict=error.verdict.value,
                details=details_of(self.store),
                **request.facts(),
            )
        )
        with self.lock:
            self.summary.failed += 1
        self.on_progress(Progress(request, "failed", message=message))
