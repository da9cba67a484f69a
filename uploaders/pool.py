"""Archive many files on a few threads; each outcome is an event."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

from rowkeeper.errors import RetryLaterError, StoreError, TransferError
from rowkeeper.events import AssetEvent, EventType
from rowkeeper.paths import sha256_file
from rowkeeper.retry import with_retries
from uploaders.base import Store, Stored, UploadRequest, object_key, one_line, open_source

if TYPE_CHECKING:
    from rowkeeper.settings import Settings

ATTEMPTS = 3
BACKOFF_S = 0.5

Emit = Callable[[AssetEvent], object]
"""Called from the worker threads, many at once; returns when the event is on disk."""

OnProgress = Callable[[AssetEvent], object]
"""Called in the caller's own thread with each outcome, after it was emitted."""


@dataclass(kw_only=True)
class Summary:
    """What a call of :func:`upload_all` did. ``already_there`` counts among ``uploaded``."""

    uploaded: int = 0
    already_there: int = 0
    failed: int = 0
    size_bytes: int = 0

    def add(self, event: AssetEvent) -> None:
        """Count one outcome."""
        if event.event_type is EventType.UPLOADED:
            self.uploaded += 1
            self.already_there += not event.details["sent"]
            self.size_bytes += event.size_bytes or 0
        else:
            self.failed += 1


def upload_all(
    requests: Iterable[UploadRequest],
    store: Store,
    settings: "Settings",
    emit: Emit,
    session_id: str,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Archive all ``requests`` on ``settings.upload.workers`` threads.

    Each file ends in one ``uploaded`` or ``upload_failed`` event. Raises ``StoreError`` if the
    store as a whole refuses: then nothing new is begun, what is under way ends and keeps its event,
    and the rest stays pending. An interrupt does the same.
    """
    stop = Event()
    summary = Summary()

    def work(request: UploadRequest) -> AssetEvent | None:
        if stop.is_set():
            return None
        try:
            event = upload_one(request, store, session_id, stop)
            emit(event)
        except BaseException:
            stop.set()
            raise
        return event

    with ThreadPoolExecutor(settings.upload.workers, thread_name_prefix="upload") as executor:
        try:
            for future in as_completed([executor.submit(work, request) for request in requests]):
                _count(future, summary, on_progress)
        except BaseException:
            stop.set()
            executor.shutdown(wait=True, cancel_futures=True)
            raise
    return summary


def upload_one(
    request: UploadRequest, store: Store, session_id: str, stop: Event | None = None
) -> AssetEvent:
    """Archive one file, with retries; its outcome. Raises only ``StoreError``."""
    sleep = (stop or Event()).wait
    try:
        _check_local(request)
        key = object_key(request)
        stored = with_retries(lambda: store.put(request, key), ATTEMPTS, BACKOFF_S, sleep)
    except StoreError:
        raise
    except TransferError as error:
        return _failed(request, store, session_id, error)
    except Exception as error:
        unexpected = RetryLaterError("unexpected", f"unexpected {type(error).__name__}")
        return _failed(request, store, session_id, unexpected)
    return _uploaded(request, stored, session_id)


def _count(
    future: "Future[AssetEvent | None]", summary: Summary, on_progress: OnProgress | None
) -> None:
    event = future.result()
    if event is not None:
        summary.add(event)
        if on_progress:
            on_progress(event)


def _check_local(request: UploadRequest) -> None:
    """Raise ``RetryLaterError`` unless the local file still is what was downloaded."""
    open_source(request).close()
    if sha256_file(request.path) != (request.sha256, request.size_bytes):
        message = "the downloaded file was changed: its SHA-256 or its size is another"
        raise RetryLaterError("local_file_changed", message)


def _uploaded(request: UploadRequest, stored: Stored, session_id: str) -> AssetEvent:
    return AssetEvent(
        event_type=EventType.UPLOADED,
        store=stored.store,
        bucket=stored.bucket,
        object_key=stored.object_key,
        cloud_url=stored.cloud_url,
        details={"sent": stored.sent},
        **_common(request, session_id),
    )


def _failed(
    request: UploadRequest, store: Store, session_id: str, error: TransferError
) -> AssetEvent:
    return AssetEvent(
        event_type=EventType.UPLOAD_FAILED,
        store=store.root,
        error_code=error.code,
        error_message=one_line(str(error)),
        verdict=error.verdict.value,
        **_common(request, session_id),
    )


def _common(request: UploadRequest, session_id: str) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "asset_id": request.asset_id,
        "row_id": request.row_id,
        "provider": request.provider,
        "media_id": request.media_id,
        "asset_kind": request.asset_kind,
        "attempt": request.attempt,
        "sha256": request.sha256,
        "size_bytes": request.size_bytes,
    }
