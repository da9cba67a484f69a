"""The two working steps of a run: what is pending, through the pools, into the journal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console

from rowkeeper.cli.options import Context
from rowkeeper.cli.progress import Display, display
from rowkeeper.cli.selection import Selection
from rowkeeper.cli.sharing import first_of_each, share_downloads, share_uploads
from rowkeeper.drain import drain
from rowkeeper.events import AssetEvent, EventType
from rowkeeper.ids import new_id
from rowkeeper.journal import Journal, journal_dir
from rowkeeper.warehouse import Row, connect

if TYPE_CHECKING:
    import downloaders.pool
    import uploaders.pool
    from downloaders.base import Request
    from uploaders.base import UploadRequest

Asset = TypeVar("Asset", "Request", "UploadRequest")

INTERRUPTED_DETAILS = {"noticed_by": "a later run"}


class Session:
    """A download or an upload session: it begins with its first work and ends with an event."""

    def __init__(self, folder: Path, session_type: str) -> None:
        self.session_id = new_id()
        self._folder, self._type = folder, session_type
        self._assets: set[str] = set()

    @property
    def tried(self) -> frozenset[str]:
        """The assets that it has tried."""
        return frozenset(self._assets)

    def say(self, event_type: EventType) -> None:
        """Journal a fact about the session itself, in a segment of its own."""
        with Journal(self._folder) as journal:
            journal.append(
                AssetEvent(
                    event_type=event_type,
                    session_id=self.session_id,
                    session_type=self._type,
                    total_assets=len(self._assets),
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


def end_abandoned_sessions(context: Context) -> None:
    """Say of the sessions that a killed run left open that they were interrupted.

    The caller holds the run's lock, so no session of this data folder is under way.
    """
    with connect(context.target) as warehouse:
        left = warehouse.query(
            f"select session_id, session_type from {context.target.schema}.download_sessions "
            "where status = 'running' order by session_id"
        )
    if not left:
        return
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        for session_id, session_type in left:
            journal.append(
                AssetEvent(
                    event_type=EventType.SESSION_INTERRUPTED,
                    session_id=session_id,
                    session_type=session_type,
                    details=INTERRUPTED_DETAILS,
                )
            )
    drain(folder, context.target)


def download_pending(
    context: Context, console: Console, selection: Selection
) -> "downloaders.pool.Summary":
    """Fetch what is pending, then what the fetched folders and playlists lead to, and so on.

    A medium that several people have is fetched once.
    """
    from downloaders.base import FetchSettings
    from downloaders.pool import Summary, download_all

    total = Summary()
    settings = FetchSettings.of(context.settings)
    folder = journal_dir(context.settings.data_dir)
    with session(folder, "download") as current, display(console, "Downloading") as shown:
        while found := _untried(current, selection.of(pending_downloads(context)), selection.limit):
            with Journal(folder) as journal:
                shared = share_downloads(context, current.session_id, found, journal.append)
                requests = _begin(current, shown, found, shared, medium_of)
                done = download_all(
                    requests, settings, journal.append, current.session_id, shown.update
                )
            drain(folder, context.target)
            total.downloaded += done.downloaded
            total.failed += done.failed
            total.paused += done.paused
            total.size_bytes += done.size_bytes
            total.paused_providers |= done.paused_providers
    return total


def upload_pending(
    context: Context, console: Console, selection: Selection
) -> "uploaders.pool.Summary":
    """Archive what is here and not yet in the store, each content once.

    Raises ``StoreError`` if the store refuses.
    """
    from uploaders.pool import Summary, upload_all
    from uploaders.registry import open_store

    total = Summary()
    folder = journal_dir(context.settings.data_dir)
    with session(folder, "upload") as current, display(console, "Uploading") as shown:
        while found := _untried(current, selection.of(pending_uploads(context))):
            store = open_store(context.settings)
            with Journal(folder) as journal:
                shared = share_uploads(context, store, current.session_id, found, journal.append)
                requests = _begin(current, shown, found, shared, content_of)
                done = upload_all(
                    requests,
                    context.settings,
                    journal.append,
                    current.session_id,
                    shown.update,
                    store=store,
                )
            drain(folder, context.target)
            total.uploaded += done.uploaded
            total.existed += done.existed
            total.failed += done.failed
            total.size_bytes += done.size_bytes
    return total


def medium_of(request: "Request") -> tuple[str, str, str]:
    """What people may share: the medium and its kind."""
    return request.provider, request.media_id, request.asset_kind


def content_of(request: "UploadRequest") -> str:
    """What assets may share in a store: the bytes."""
    return request.sha256


def _untried(current: Session, found: list[Asset], limit: int | None = None) -> list[Asset]:
    """Those that the session has not tried yet, and no more than it may try."""
    found = [request for request in found if request.asset_id not in current.tried]
    return found if limit is None else found[: max(0, limit - len(current.tried))]


def _begin(
    current: Session,
    shown: Display,
    found: list[Asset],
    shared: set[str],
    key: Callable[[Asset], object],
) -> list[Asset]:
    """What is to be moved now: of what is not shared, the first of each ``key``."""
    requests = first_of_each((item for item in found if item.asset_id not in shared), key)
    current.new(shared | {request.asset_id for request in requests})
    shown.expect(len(requests))
    return requests


def pending_downloads(context: Context) -> "list[Request]":
    """The rows of ``pending_downloads``, in the order of their ids."""
    from downloaders.base import Person, Request

    columns = (
        "asset_id, person_row_id, provider, media_id, asset_type, original_url, attempt, tries, "
        "name, email, personality_type, last_seen_in"
    )
    names = (
        *("asset_id", "row_id", "provider", "media_id", "asset_kind", "original_url"),
        *("attempt", "tries"),
    )
    found = []
    for row in _pending(context, "pending_downloads", columns):
        name, email, personality_type, place = row[len(names) :]
        person = Person(
            name=name or "", email=email, personality_type=personality_type, place=place
        )
        values = dict(zip(names, row[: len(names)], strict=True))
        found.append(Request(**values, person=person))
    return found


def pending_uploads(context: Context) -> "list[UploadRequest]":
    """The rows of ``pending_uploads``, in the order of their ids."""
    from uploaders.base import UploadRequest

    columns = (
        "asset_id, person_row_id, provider, media_id, asset_type, local_file_path, sha256, "
        "file_size_bytes, mime_type, filename, attempt"
    )
    names = (
        *("asset_id", "row_id", "provider", "media_id", "asset_kind", "path", "sha256"),
        *("size_bytes", "mime_type", "filename", "attempt"),
    )
    found = []
    for row in _pending(context, "pending_uploads", columns):
        values = dict(zip(names, row, strict=True))
        values["path"] = context.settings.data_dir / values["path"]
        found.append(UploadRequest(**values))
    return found


def _pending(context: Context, view: str, columns: str) -> list[Row]:
    with connect(context.target) as warehouse:
        return warehouse.query(
            f"select {columns} from {context.target.schema}.{view} order by asset_id"
        )
