"""What is pending, read from the warehouse a page at a time: the queue itself stays there."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rowkeeper.core.disk.stored import FILES, asset_path
from rowkeeper.core.errors import NeedsPersonError
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.retry import Refusals
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.sessions import Session

if TYPE_CHECKING:
    from downloaders.base import Request
    from uploaders.values import UploadRequest

Asset = TypeVar("Asset", "Request", "UploadRequest")

WANTED = (
    "asset_id, person_row_id as row_id, provider, media_id, asset_kind, original_url, attempt, "
    "tries, faults, name, email, personality_type, last_seen_in as place, url_as_found, "
    "cast(refused as text) as refused"
)
STANDING = f"{WANTED}, sha256, reading_details"
READY = (
    "asset_id, person_row_id as row_id, provider, media_id, asset_kind, local_file_path, sha256, "
    "file_size_bytes as size_bytes, mime_type, filename, attempt, replaces_lost, is_new_version, "
    "name as person_name, legacy_object_uuid as object_uuid"
)
"""What each kind of work is made of, by the names that a request has for it."""
DUE = """(
    coalesce(
        next_read_at <= current_timestamp,
        last_looked_at <= current_timestamp - ? * interval '1 second'
    ) or last_looked_at > current_timestamp
)"""
"""Whether it is time to read again; a look of the future was told by a clock that went back."""
VERSIONS = "select asset_id, sha256 from {state}.asset_copies where asset_id = any(?)"
PAGE = 500
"""Assets that are read, moved and drained at a time; the queue itself stays in the warehouse."""


class KnownVersion(NamedTuple):
    """A content that an asset has had."""

    asset_id: str
    sha256: str


def pages(
    context: Context,
    current: Session,
    selection: Selection,
    pending: Callable[[Context, str], list[Asset]],
) -> Iterator[list[Asset]]:
    """What is selected and pending, a page at a time, round and round until nothing new comes.

    What was fetched on the way may have led to more, whose place is on a page that was read.
    """
    after, any_new = "", False
    while not selection.moves_nothing:
        page = pending(context, after)
        fresh = [item for item in selection.of(page) if not current.has_seen(item.asset_id)]
        if selection.limit is not None:
            fresh = fresh[: max(0, selection.limit - current.tried)]
        if fresh:
            any_new = True
            yield fresh
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


def pending_downloads(context: Context, after: str = "") -> "list[Request]":
    """A page of ``pending_downloads``: the first rows whose asset id is above ``after``."""
    return _pending(context, _request, "pending_downloads", WANTED, after)


def _request(
    *,
    name: str | None,
    email: str | None,
    personality_type: str | None,
    place: str | None,
    refused: str | None,
    **asset: Any,
) -> "Request":
    """A row of the columns ``WANTED``."""
    from downloaders.base import AssetOwner, Request

    person = AssetOwner(
        name=name or "", email=email, personality_type=personality_type, place=place
    )
    return Request(**asset, person=person, refusals=Refusals.of(json.loads(refused or "null")))


def with_versions(context: Context, requests: "list[Request]") -> "list[Request]":
    """``requests``, each with the contents that it has had."""
    asked = [item.asset_id for item in requests if item.attempt > 1]
    if not asked:
        return requests
    known: dict[str, set[str]] = {}
    with connect(context.target) as warehouse:
        for version in warehouse.records(KnownVersion, VERSIONS, [asked]):
            known.setdefault(version.asset_id, set()).add(version.sha256)
    return [replace(item, versions=frozenset(known.get(item.asset_id, ()))) for item in requests]


def pending_readings(context: Context, after: str = "", *, reread: bool = False) -> "list[Request]":
    """A page of what is to be fetched and of what is to be read again, as above."""
    requests = [*pending_downloads(context, after), *due_rereads(context, after, reread=reread)]
    return sorted(requests, key=lambda request: request.asset_id)[:PAGE]


def due_rereads(context: Context, after: str = "", *, reread: bool = False) -> "list[Request]":
    """A page of what ``pending_rereads`` has and is due: all of it with ``reread``."""
    from downloaders.base import Standing

    condition, values = "true", []
    if not reread:
        condition = DUE
        values = [context.settings.download.reread_after]

    def reading(*, sha256: str | None, reading_details: Any, **wanted: Any) -> "Request":
        known = json.loads(reading_details) if isinstance(reading_details, str) else reading_details
        standing = Standing(sha256=sha256, details=known or {}) if sha256 else None
        return replace(_request(**wanted), standing=standing)

    return _pending(
        context, reading, "pending_rereads", STANDING, after, condition=condition, values=values
    )


def pending_uploads(context: Context, after: str = "") -> "list[UploadRequest]":
    """A page of what ``pending_uploads`` has for this data folder, as above."""
    from uploaders.values import UploadRequest

    def request(*, local_file_path: str, **asset: Any) -> UploadRequest:
        data_dir = context.settings.data_dir
        try:
            return UploadRequest(path=asset_path(data_dir, local_file_path), **asset)
        except NeedsPersonError as error:
            return UploadRequest(path=data_dir / FILES, unsafe=str(error), **asset)

    ours = folder_id(context.settings.data_dir)
    condition = "coalesce(data_folder, ?) = ?"
    return _pending(
        context, request, "pending_uploads", READY, after, condition=condition, values=[ours, ours]
    )


def _pending(
    context: Context,
    kind: Callable[..., Asset],
    view: str,
    columns: str,
    after: str,
    *,
    condition: str = "true",
    values: Sequence[Any] = (),
) -> list[Asset]:
    """A page of a view, each row as a ``kind``; of those that meet ``condition`` with its
    ``values``."""
    with connect(context.target) as warehouse:
        return warehouse.records(
            kind,
            f"select {columns} from {{state}}.{view} "
            f"where cast(asset_id as text) > ? and {condition} "
            f"order by cast(asset_id as text) limit {PAGE}",
            [after, *values],
        )
