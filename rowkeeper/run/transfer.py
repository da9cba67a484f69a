"""The two working steps of a run: what is pending, through the pools, into the journal."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rowkeeper.core.drain import drain
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.progress import Display, Reporter
from rowkeeper.run.dedupe import first_of_each, keyed_first, medium_of, share_downloads
from rowkeeper.run.options import HERE, FetchOptions
from rowkeeper.run.pending import Asset, pages, pending_readings, pending_uploads, with_versions
from rowkeeper.run.shared_objects import Followers, share_uploads
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import claimed
from rowkeeper.workspace.pace import throttle_of
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.sessions import Session, session
from rowkeeper.workspace.store_identity import identify

if TYPE_CHECKING:
    import downloaders.pool
    import uploaders.pool
    from downloaders.base import FetchSettings, Request
    from rowkeeper.run.cluster import Cluster
    from rowkeeper.run.stream import StoreStreamer
    from uploaders.values import UploadRequest


def download_pending(
    context: Context,
    reporter: Reporter,
    selection: Selection,
    options: FetchOptions = HERE,
) -> "downloaders.pool.DownloadSummary":
    """Fetch what is pending or due, then what the lists among it lead to, and so on.

    A medium that several people have is fetched once. Past the disk, it raises ``StoreError`` if
    the store refuses.
    """
    from downloaders.pool import DownloadSummary
    from downloaders.registry import fetch_settings

    total, keys = DownloadSummary(), dict[str, str]()
    folder = journal_dir(context.settings.data_dir)
    with (
        session(folder, "download") as current,
        ExitStack() as stack,
        reporter.display("Downloading") as shown,
        throttle_of(context) as throttle,
    ):
        settings = fetch_settings(context.settings, throttle)
        ways = _Ways(context, current.session_id, stack, options)
        pending = partial(pending_readings, reread=options.reread)
        for page in pages(context, current, selection, pending):
            with claimed(context, page) as assets:
                current.leave({item.asset_id for item in page} - {item.asset_id for item in assets})
                assets = keyed_first(with_versions(context, assets))
                with Journal(folder) as journal:
                    shared = share_downloads(
                        context, current.session_id, assets, journal.append, keys
                    )
                    requests = _begin(current, shown, assets, shared, medium_of)
                    keys |= {item.asset_id: item.key for item in requests if item.key}
                    if requests:
                        total.add(ways.fetch(requests, settings, journal, shown))
                drain(folder, context.target)
                ways.drained(requests)
        total.left = current.left
    return total


class _Ways:
    """The way that the downloads of one session take, opened with the first of them."""

    def __init__(
        self, context: Context, session_id: str, stack: ExitStack, options: FetchOptions
    ) -> None:
        self._context, self._session_id, self._stack = context, session_id, stack
        self._options = options
        self._workers: Cluster | None = None
        self._streamer: StoreStreamer | None = None

    def fetch(
        self, requests: "list[Request]", settings: "FetchSettings", journal: Journal, shown: Display
    ) -> "downloaders.pool.DownloadSummary":
        """On the workers of a cluster, past the disk, or by threads of this process."""
        from downloaders.pool import download_all
        from rowkeeper.run.stream import store_streamer

        if self._options.cluster:
            workers = self._opened(self._options.cluster)
            return workers.download_all(requests, settings, journal.extend, shown.update)
        if self._options.stream and self._streamer is None:
            self._streamer = store_streamer(self._context, self._session_id)
        return download_all(
            requests,
            settings,
            journal.append,
            self._session_id,
            shown.update,
            streamer=self._streamer,
        )

    def _opened(self, address: str) -> "Cluster":
        from rowkeeper.run.cluster import cluster_of

        if self._workers is None:
            opened = cluster_of(self._context, address, self._session_id)
            self._workers = self._stack.enter_context(opened)
        return self._workers

    def drained(self, requests: "list[Request]") -> None:
        """The events of ``requests`` are in the warehouse."""
        if self._workers:
            self._workers.drained(requests)


def upload_pending(
    context: Context, reporter: Reporter, selection: Selection
) -> "uploaders.pool.UploadSummary":
    """Archive what is here and not yet in the store, each content once.

    Raises ``StoreError`` if the store refuses.
    """
    from uploaders.pool import UploadSummary, upload_all
    from uploaders.registry import open_store
    from uploaders.retrying import retrying

    total, notice = UploadSummary(), ""
    store = open_store(context.settings)
    folder = journal_dir(context.settings.data_dir)
    with session(folder, "upload") as current, reporter.display("Uploading") as shown:
        for assets in pages(context, current, replace(selection, limit=None), pending_uploads):
            identify(context, store, mark=True)
            if not current.tried:
                retrying(store, context.settings.upload).make_ready()
            with Journal(folder) as journal:
                shared, others = share_uploads(
                    context, store, current.session_id, assets, journal.append
                )
                key = content_of(others)
                requests = _begin(current, shown, assets, shared, key)
                waiting = _waiting(requests, assets, shared, key)
                followers = Followers(store, current.session_id, waiting, journal.extend)
                done = upload_all(
                    requests,
                    context.settings,
                    followers.emit,
                    current.session_id,
                    shown.update,
                    store=store,
                )
            current.new(followers.shared)
            drain(folder, context.target)
            if store.notice and store.notice != notice:
                notice = store.notice
                reporter.say(notice)
            total.add(done)
    return total


def content_of(others: set[str]) -> "Callable[[UploadRequest], str]":
    """What assets may share in a store, the bytes; ``others`` were seen to share no object."""
    return lambda request: request.asset_id if request.asset_id in others else request.sha256


def _waiting(
    requests: "list[UploadRequest]",
    assets: "list[UploadRequest]",
    shared: set[str],
    key: "Callable[[UploadRequest], str]",
) -> "dict[str, list[UploadRequest]]":
    """What waits for each of ``requests``, the first of its ``key``, and can be told with it."""
    firsts = {key(request): request.asset_id for request in requests}
    begun = shared.union(firsts.values())
    waiting: dict[str, list[UploadRequest]] = {}
    for item in assets:
        if item.asset_id not in begun and not item.unsafe:
            waiting.setdefault(firsts[key(item)], []).append(item)
    return waiting


def _begin(
    current: Session,
    shown: Display,
    assets: list[Asset],
    shared: set[str],
    key: Callable[[Asset], object],
) -> list[Asset]:
    """What is to be moved now: of what is not shared, the first of each ``key``."""
    requests = first_of_each((item for item in assets if item.asset_id not in shared), key)
    current.new(shared | {request.asset_id for request in requests})
    shown.expect(len(requests))
    return requests
