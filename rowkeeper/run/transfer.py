"""The two working steps of a run: what is pending, through the pools, into the journal."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from rowkeeper.core.drain import drain
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.paths import folder_id
from rowkeeper.core.progress import Display, Reporter
from rowkeeper.core.retry import Refusals
from rowkeeper.core.warehouse import Row, connect
from rowkeeper.run.dedupe import first_of_each, share_downloads, share_uploads
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import claimed
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.sessions import Session, session
from rowkeeper.workspace.store_identity import open_known

if TYPE_CHECKING:
    import downloaders.pool
    import uploaders.pool
    from downloaders.base import Request
    from uploaders.values import UploadRequest

Asset = TypeVar("Asset", "Request", "UploadRequest")

WANTED = (
    "asset_id, person_row_id, provider, media_id, asset_kind, original_url, attempt, tries, "
    "name, email, personality_type, last_seen_in, cast(refused as text), url_as_found"
)
STANDING = f"{WANTED}, sha256, reading_details"
DUE = """(
    coalesce(
        next_read_at <= current_timestamp,
        last_looked_at <= current_timestamp - ? * interval '1 second'
    ) or last_looked_at > current_timestamp
)"""
"""Whether it is time to read again; a look of the future was told by a clock that went back."""
VERSIONS = "select asset_id, sha256 from intermediate.int_asset_versions where asset_id = any(?)"
PAGE = 500
"""Assets that are read, moved and drained at a time; the queue itself stays in the warehouse."""


def download_pending(
    context: Context,
    reporter: Reporter,
    selection: Selection,
    *,
    stream: bool = False,
    reread: bool = False,
) -> "downloaders.pool.Summary":
    """Fetch what is pending or due, then what the lists among it lead to, and so on.

    A medium that several people have is fetched once. ``stream``: straight into the store where
    that can be; then it raises ``StoreError`` if the store refuses. ``reread``: lists and documents
    are due whatever their age.
    """
    from downloaders.pool import Summary, download_all
    from downloaders.registry import fetch_settings
    from rowkeeper.run.stream import straight_through

    total, way = Summary(), None
    settings = fetch_settings(context.settings)
    folder = journal_dir(context.settings.data_dir)
    with session(folder, "download") as current, reporter.display("Downloading") as shown:
        pending = partial(pending_readings, reread=reread)
        for page in _pages(context, current, selection, pending):
            with claimed(context, page) as found:
                current.leave({item.asset_id for item in page} - {item.asset_id for item in found})
                found = _with_versions(context, found)
                with Journal(folder) as journal:
                    shared = share_downloads(context, current.session_id, found, journal.append)
                    requests = _begin(current, shown, found, shared, medium_of)
                    if stream and requests and way is None:
                        way = straight_through(context, current.session_id)
                    done = download_all(
                        requests,
                        settings,
                        journal.append,
                        current.session_id,
                        shown.update,
                        straight=way,
                    )
                drain(folder, context.target)
            total.downloaded += done.downloaded
            total.unchanged += done.unchanged
            total.failed += done.failed
            total.paused += done.paused
            total.size_bytes += done.size_bytes
            total.paused_providers |= done.paused_providers
        total.left = current.left
    return total


def upload_pending(
    context: Context, reporter: Reporter, selection: Selection
) -> "uploaders.pool.Summary":
    """Archive what is here and not yet in the store, each content once.

    Raises ``StoreError`` if the store refuses.
    """
    from uploaders.pool import Summary, upload_all

    total, notice = Summary(), ""
    folder = journal_dir(context.settings.data_dir)
    with session(folder, "upload") as current, reporter.display("Uploading") as shown:
        for found in _pages(context, current, replace(selection, limit=None), pending_uploads):
            store = open_known(context, mark=True)
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
            if store.notice and store.notice != notice:
                notice = store.notice
                reporter.say(notice)
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


def _pages(
    context: Context,
    current: Session,
    selection: Selection,
    pending: Callable[[Context, str], list[Asset]],
) -> Iterator[list[Asset]]:
    """What is selected and pending, a page at a time, round and round until nothing new comes.

    What was fetched on the way may have led to more, whose place is on a page that was read.
    """
    after, any_new = "", False
    while True:
        page = pending(context, after)
        found = [item for item in selection.of(page) if not current.has_seen(item.asset_id)]
        if selection.limit is not None:
            found = found[: max(0, selection.limit - current.tried)]
        if found:
            any_new = True
            yield found
        if len(page) == PAGE:
            after = page[-1].asset_id
        elif any_new:
            after, any_new = "", False
        else:
            return


def all_pages(context: Context, pending: Callable[[Context, str], list[Asset]]) -> Iterator[Asset]:
    """Everything that is pending, read a page at a time."""
    after: str | None = ""
    while after is not None:
        page = pending(context, after)
        yield from page
        after = page[-1].asset_id if len(page) == PAGE else None


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


def pending_downloads(context: Context, after: str = "") -> "list[Request]":
    """A page of ``pending_downloads``: the first rows whose asset id is above ``after``."""
    return [_request(row) for row in _pending(context, "pending_downloads", WANTED, after)]


def _request(row: Sequence[Any]) -> "Request":
    """A row of the columns ``WANTED``."""
    from downloaders.base import Person, Request

    names = (
        *("asset_id", "row_id", "provider", "media_id", "asset_kind", "original_url"),
        *("attempt", "tries"),
    )
    name, email, personality_type, place, refused, url = row[len(names) :]
    person = Person(name=name or "", email=email, personality_type=personality_type, place=place)
    values = dict(zip(names, row[: len(names)], strict=True))
    refusals = Refusals.of(json.loads(refused or "null"))
    return Request(**values, person=person, refusals=refusals, url_as_found=url)


def _with_versions(context: Context, requests: "list[Request]") -> "list[Request]":
    """``requests``, each with the contents that it has had."""
    asked = [item.asset_id for item in requests if item.attempt > 1]
    if not asked:
        return requests
    known: dict[str, set[str]] = {}
    with connect(context.target) as warehouse:
        for asset_id, sha256 in warehouse.query(VERSIONS, [asked]):
            known.setdefault(asset_id, set()).add(sha256)
    return [replace(item, versions=frozenset(known.get(item.asset_id, ()))) for item in requests]


def pending_readings(context: Context, after: str = "", *, reread: bool = False) -> "list[Request]":
    """A page of what is to be fetched and of what is to be read again, as above."""
    found = [*pending_downloads(context, after), *due_rereads(context, after, reread=reread)]
    return sorted(found, key=lambda request: request.asset_id)[:PAGE]


def due_rereads(context: Context, after: str = "", *, reread: bool = False) -> "list[Request]":
    """A page of what ``pending_rereads`` has and is due: all of it with ``reread``."""
    from downloaders.base import Standing

    condition, values = "true", []
    if not reread:
        condition = DUE
        values = [context.settings.download.reread_after]
    rows = _pending(context, "pending_rereads", STANDING, after, condition=condition, values=values)
    found = []
    for *row, sha256, details in rows:
        known = json.loads(details) if isinstance(details, str) else details
        standing = Standing(sha256=sha256, details=known or {}) if sha256 else None
        found.append(replace(_request(row), standing=standing))
    return found


def pending_uploads(context: Context, after: str = "") -> "list[UploadRequest]":
    """A page of what ``pending_uploads`` has for this data folder, as above."""
    from uploaders.values import UploadRequest

    columns = (
        "asset_id, person_row_id, provider, media_id, asset_kind, local_file_path, sha256, "
        "file_size_bytes, mime_type, filename, attempt, replaces_lost, is_new_version, name, "
        "legacy_object_uuid"
    )
    names = (
        *("asset_id", "row_id", "provider", "media_id", "asset_kind", "path", "sha256"),
        *("size_bytes", "mime_type", "filename", "attempt", "replaces_lost", "is_new_version"),
        *("person_name", "object_uuid"),
    )
    found = []
    ours = folder_id(context.settings.data_dir)
    rows = _pending(
        context,
        "pending_uploads",
        columns,
        after,
        condition="coalesce(data_folder, ?) = ?",
        values=[ours, ours],
    )
    for row in rows:
        values = dict(zip(names, row, strict=True))
        values["path"] = context.settings.data_dir / values["path"]
        found.append(UploadRequest(**values))
    return found


def _pending(
    context: Context,
    view: str,
    columns: str,
    after: str,
    *,
    condition: str = "true",
    values: Sequence[Any] = (),
) -> list[Row]:
    """A page of a view, of the rows that meet ``condition`` with its ``values``."""
    with connect(context.target) as warehouse:
        return warehouse.query(
            f"select {columns} from {context.target.schema}.{view} "
            f"where cast(asset_id as text) > ? and {condition} "
            f"order by cast(asset_id as text) limit {PAGE}",
            [after, *values],
        )
