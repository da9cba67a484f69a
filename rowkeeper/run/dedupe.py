"""One medium, one file: an asset takes over what another person's asset has already."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rowkeeper.core.disk.stored import asset_path
from rowkeeper.core.errors import TransferError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.paths import sha256_file
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.run.held_media import (
    ASKED,
    ATTEMPTS,
    FAILURES,
    FILES,
    HELD_FILES,
    TOLD,
    keys_of,
)
from rowkeeper.run.shared_objects import also_in
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.store_identity import open_known

if TYPE_CHECKING:
    from downloaders.base import Request
    from uploaders.base import Store

Emit = Callable[[AssetEvent], object]
CONTENT = ("filename", "mime_type", "size_bytes", "sha256")
Item = TypeVar("Item")


def first_of_each(items: Iterable[Item], key: Callable[[Item], Any]) -> list[Item]:
    """The first item of each key; the others follow once its outcome is known."""
    firsts: dict[Any, Item] = {}
    for item in items:
        firsts.setdefault(key(item), item)
    return list(firsts.values())


def medium_of(request: "Request") -> tuple[str, str, str]:
    """What people may share: the medium and its kind."""
    return request.provider, request.media_id, request.asset_kind


def keyed_first(requests: "Iterable[Request]") -> "list[Request]":
    """``requests`` in order, those before the rest whose links have a key that opens the medium."""
    return sorted(requests, key=lambda request: not request.key)


def share_downloads(
    context: Context,
    session_id: str,
    requests: "Sequence[Request]",
    emit: Emit,
    keys: Mapping[str, str],
) -> set[str]:
    """Report what another asset of the same medium has, or failed to get in this session.

    The ids of the assets that need no fetching for it. A file or, where there is none, an object
    counts only if it is there and has its SHA-256. For what is to be read
    again only a reading of this session counts. ``keys``: those with which assets were asked for in
    this session. What failed with another key, or without one, says nothing of a link that has its
    own; one without any waits for those that have, which come first (:func:`keyed_first`).
    """
    asked = keys_of(requests)
    shared: set[str] = set()
    begun: set[tuple[str, str, str]] = set()
    with connect(context.target) as warehouse:
        sql = HELD_FILES.format(asked=ASKED, state="{state}")
        held: dict[str, str] = warehouse.lookup("asset_id", "held_by", sql, [*asked, session_id])
        failures: list[dict[str, Any]] = warehouse.records(
            dict, FAILURES.format(asked=ASKED), [*asked, session_id]
        )
        failed = {
            (asset, key): failure
            for failure in failures
            for asset in [failure.pop("asset_id")]
            for key in {"", keys.get(failure["same_medium_as"], "")}
        }
        copies = _Copies(context, warehouse, session_id, held)
        for request in requests:
            events: list[AssetEvent] = []
            failure = failed.get((request.asset_id, request.key))
            if request.asset_id in held:
                events = copies.of(request, held[request.asset_id])
            elif failure and request.standing is None and medium_of(request) not in begun:
                events = [_failure(request, session_id, **failure)]
            for event in events:
                emit(event)
            if events:
                shared.add(request.asset_id)
            else:
                begun.add(medium_of(request))
    return shared


class _Copies:
    """What the assets that are held have, read at once. ``held``: asset -> the one that has it."""

    def __init__(
        self, context: Context, warehouse: Warehouse, session_id: str, held: Mapping[str, str]
    ) -> None:
        self.context, self.session_id = context, session_id
        others = sorted(set(held.values()))
        files: list[dict[str, Any]] = warehouse.records(dict, FILES, [others])
        self.files = {file["asset_id"]: file for file in files}
        self.attempts: dict[str, int] = warehouse.lookup(
            "asset_id", "attempt", ATTEMPTS, [sorted(held)]
        )
        self.events_of: dict[str, list[dict[str, Any]]] = {}
        rows: list[dict[str, Any]] = warehouse.records(dict, TOLD, [others])
        for row in rows:
            self.events_of.setdefault(row.pop("told_of"), []).append(row)

    @cached_property
    def store(self) -> "Store":

        return open_known(self.context)

    def of(self, request: "Request", other: str) -> list[AssetEvent]:
        """What was told of ``other``, told of ``request``; nothing if the bytes are not there."""
        file = self.files[other]
        path, facts = file["local_path"], {name: file[name] for name in CONTENT}
        details, reading = _facts(file["download_details"]), _facts(file["reading_details"])
        if same := _unchanged(request, self.session_id, facts["sha256"], reading):
            return [same]
        events = []
        if path is None:
            asset = request.facts() | {"attempt": self.attempts[request.asset_id]}
            uploaded = self._reference({**asset, **facts}, file["store"], file["object_key"])
            if uploaded is None:
                return []
            events.append(uploaded)
        elif not _is_whole(self.context.settings.data_dir, path, facts, details):
            return []
        events += [_told(request, self.session_id, **row) for row in self.events_of.get(other, ())]
        if "listing" in details:
            details = {**details, "listing": request.attempt}
        downloaded = AssetEvent(
            event_type=EventType.DOWNLOADED,
            session_id=self.session_id,
            local_path=path,
            details={**details, "same_file_as": other},
            **request.facts(),
            **facts,
        )
        return [*events, downloaded]

    def _reference(self, facts: dict[str, Any], root: str, key: str) -> AssetEvent | None:
        """The event that an asset's bytes are in an object, if they are there now."""
        from uploaders.values import Held, UploadRequest

        if root != self.store.root:
            return None
        facts.pop("original_url")
        request = UploadRequest(path=self.context.settings.data_dir / "dropped", **facts)
        try:
            if self.store.held(request, self.store.key_of(key)) is not Held.SAME:
                return None
        except TransferError:
            return None
        return also_in(self.store, request, key, self.session_id)


def _is_whole(folder: Path, path: str, facts: dict[str, Any], details: dict[str, Any]) -> bool:
    """Is the file as it was told? What another data folder has can't be seen from here."""
    if details.get("data_folder", folder_id(folder)) != folder_id(folder):
        return True
    try:
        return sha256_file(asset_path(folder, path)) == (facts["sha256"], facts["size_bytes"])
    except (OSError, TransferError):
        return False


def _told(
    request: "Request",
    session_id: str,
    *,
    event_type: str,
    provider: str,
    media_id: str,
    asset_kind: str,
    original_url: str,
    details: Any,
) -> AssetEvent:
    facts = _facts(details)
    if "listing" in facts:
        facts["listing"] = request.attempt
    if event_type == EventType.DOCUMENT_READ:
        return AssetEvent(
            event_type=EventType.DOCUMENT_READ,
            session_id=session_id,
            details=facts,
            **request.facts(),
        )
    return AssetEvent(
        event_type=EventType.DISCOVERED,
        session_id=session_id,
        asset_id=asset_id(request.row_id, provider, media_id, asset_kind),
        row_id=request.row_id,
        provider=provider,
        media_id=media_id,
        asset_kind=asset_kind,
        original_url=original_url,
        parent_asset_id=request.asset_id,
        details=facts,
    )


def _unchanged(
    request: "Request", session_id: str, sha256: str, reading: dict[str, Any]
) -> AssetEvent | None:
    """The event that ``request`` has what another's ``reading`` found; None if it says more."""
    from downloaders.readings import says_nothing_new

    standing = request.standing
    if standing is None or standing.sha256 != sha256 or not says_nothing_new(request, reading):
        return None
    return AssetEvent(
        event_type=EventType.REREAD_UNCHANGED,
        session_id=session_id,
        sha256=standing.sha256,
        details={**standing.details, **reading, "listing": standing.details.get("listing")},
        **request.facts(),
    )


def _facts(details: Any) -> dict[str, Any]:
    """The details of an event as either engine hands them out."""
    facts: dict[str, Any] = json.loads(details) if isinstance(details, str) else details or {}
    return facts


def _failure(
    request: "Request",
    session_id: str,
    *,
    same_medium_as: str,
    error_code: str,
    error_message: str,
    verdict: str,
    details: Any,
) -> AssetEvent:
    return AssetEvent(
        event_type=EventType.DOWNLOAD_FAILED,
        session_id=session_id,
        error_code=error_code,
        error_message=error_message,
        verdict=verdict,
        details={**_facts(details), "same_medium_as": same_medium_as},
        **request.facts(),
    )
