"""One medium, one file, one object: an asset takes over what another person's asset has already."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rowkeeper.cli.options import Context
from rowkeeper.events import AssetEvent, EventType
from rowkeeper.ids import asset_id
from rowkeeper.paths import folder_id, sha256_file
from rowkeeper.warehouse import Warehouse, connect

if TYPE_CHECKING:
    from downloaders.base import Request
    from uploaders.base import Store, UploadRequest

Emit = Callable[[AssetEvent], object]
Item = TypeVar("Item")

HELD_FILES = """
select pending.asset_id, min(held.asset_id)
from {schema}.pending_downloads as pending
inner join intermediate.int_assets as held
    on pending.provider = held.provider and pending.media_id = held.media_id
        and pending.asset_type = held.asset_type and pending.asset_id != held.asset_id
where held.download_status = 'completed' and held.local_path is not null
group by pending.asset_id
"""
FAILURES = """
select pending.asset_id, failed.asset_id, failed.error_code, failed.error_message, failed.verdict,
    failed.details
from {schema}.pending_downloads as pending
inner join raw.asset_events as failed
    on pending.provider = failed.provider and pending.media_id = failed.media_id
        and pending.asset_type = failed.asset_kind and pending.asset_id != failed.asset_id
where failed.event_type = 'download_failed' and failed.session_id = ?
order by pending.asset_id, failed.event_id
"""
FILE = """
select local_path, filename, mime_type, size_bytes, sha256, metadata
from intermediate.int_assets where asset_id = ?
"""
TOLD = """
select event_type, provider, media_id, asset_kind, original_url, details
from raw.asset_events
where (event_type = 'discovered' and parent_asset_id = ?)
    or (event_type = 'document_read' and asset_id = ?)
order by event_id
"""
HELD_OBJECTS = """
select pending.asset_id, min(held.object_key)
from {schema}.pending_uploads as pending
inner join intermediate.int_assets as held on pending.sha256 = held.sha256
where held.archived_by = 'rowkeeper' and held.store = ?
group by pending.asset_id
"""


def first_of_each(items: Iterable[Item], key: Callable[[Item], Any]) -> list[Item]:
    """The first item of each key; the others follow once its outcome is known."""
    found: dict[Any, Item] = {}
    for item in items:
        found.setdefault(key(item), item)
    return list(found.values())


def share_downloads(
    context: Context, session_id: str, requests: "Sequence[Request]", emit: Emit
) -> set[str]:
    """Report what another asset of the same medium has, or failed to get in this session.

    The ids of the assets that need no fetching for it. A file counts only if it is there and has
    its SHA-256.
    """
    schema, folder, shared = context.target.schema, context.settings.data_dir, set()
    with connect(context.target) as warehouse:
        held: dict[str, str] = dict(warehouse.query(HELD_FILES.format(schema=schema)))
        rows = warehouse.query(FAILURES.format(schema=schema), [session_id])
        failed = {row[0]: row[1:] for row in rows}
        for request in requests:
            if request.asset_id in held:
                events = _copies(warehouse, request, held[request.asset_id], folder, session_id)
            elif request.asset_id in failed:
                events = [_failure(request, session_id, *failed[request.asset_id])]
            else:
                continue
            for event in events:
                emit(event)
            shared |= {request.asset_id} if events else set()
    return shared


def _copies(
    warehouse: Warehouse, request: "Request", other: str, folder: Path, session_id: str
) -> list[AssetEvent]:
    """What was told of ``other``, told of ``request``; nothing if the file is not whole."""
    ((path, filename, mime_type, size_bytes, sha256, metadata),) = warehouse.query(FILE, [other])
    details = (json.loads(metadata) if metadata else {}).get("download") or {}
    if not _is_whole(folder, path, sha256, size_bytes, details):
        return []
    events = [_told(request, session_id, *row) for row in warehouse.query(TOLD, [other, other])]
    events.append(
        AssetEvent(
            event_type=EventType.DOWNLOADED,
            session_id=session_id,
            local_path=path,
            filename=filename,
            mime_type=mime_type,
            size_bytes=size_bytes,
            sha256=sha256,
            details={**details, "same_file_as": other},
            **request.facts(),
        )
    )
    return events


def _is_whole(
    folder: Path, path: str, sha256: str, size_bytes: int, details: dict[str, Any]
) -> bool:
    """Is the file as it was told? What another data folder has can't be seen from here."""
    if details.get("data_folder", folder_id(folder)) != folder_id(folder):
        return True
    try:
        return sha256_file(folder / path) == (sha256, size_bytes)
    except OSError:
        return False


def _told(
    request: "Request",
    session_id: str,
    event_type: str,
    provider: str,
    media_id: str,
    kind: str,
    url: str,
    details: Any,
) -> AssetEvent:
    found = _facts(details)
    if event_type == EventType.DOCUMENT_READ:
        return AssetEvent(
            event_type=EventType.DOCUMENT_READ,
            session_id=session_id,
            details=found,
            **request.facts(),
        )
    return AssetEvent(
        event_type=EventType.DISCOVERED,
        session_id=session_id,
        asset_id=asset_id(request.row_id, provider, media_id, kind),
        row_id=request.row_id,
        provider=provider,
        media_id=media_id,
        asset_kind=kind,
        original_url=url,
        parent_asset_id=request.asset_id,
        details=found,
    )


def _facts(details: Any) -> dict[str, Any]:
    """The details of an event as either engine hands them out."""
    found: dict[str, Any] = json.loads(details) if isinstance(details, str) else details or {}
    return found


def _failure(
    request: "Request",
    session_id: str,
    other: str,
    code: str,
    message: str,
    verdict: str,
    details: Any,
) -> AssetEvent:
    return AssetEvent(
        event_type=EventType.DOWNLOAD_FAILED,
        session_id=session_id,
        error_code=code,
        error_message=message,
        verdict=verdict,
        details={**_facts(details), "same_medium_as": other},
        **request.facts(),
    )


def share_uploads(
    context: Context,
    store: "Store",
    session_id: str,
    requests: "Sequence[UploadRequest]",
    emit: Emit,
) -> set[str]:
    """Report the objects that have the bytes of ``requests`` already; the ids of those assets.

    The store is asked for the bytes of each. Raises ``StoreError`` if it gives no useful answer.
    """
    from rowkeeper.errors import TransferError
    from uploaders.base import Held

    with connect(context.target) as warehouse:
        sql = HELD_OBJECTS.format(schema=context.target.schema)
        held: dict[str, str] = dict(warehouse.query(sql, [store.root]))
    shared = set()
    for request in requests:
        name = held.get(request.asset_id)
        key = None if name is None else store.key_of(name)
        try:
            if key is None or store.held(request, key) is not Held.SAME:
                continue
        except TransferError:
            continue  # it is sent on its own then, with tries and a verdict
        stored = store.stored(key, existed=True)
        emit(
            AssetEvent(
                event_type=EventType.UPLOADED,
                session_id=session_id,
                store=store.root,
                bucket=stored.bucket,
                object_key=stored.object_key,
                cloud_url=stored.cloud_url,
                details={"store_kind": store.kind, "existed": True},
                **request.facts(),
            )
        )
        shared.add(request.asset_id)
    return shared
