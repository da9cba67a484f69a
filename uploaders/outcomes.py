"""What is told of an object that has a verified place."""

from typing import Any

from rowkeeper.core.events import AssetEvent, EventType
from uploaders.base import Store
from uploaders.values import Stored, UploadRequest


def uploaded_event(
    store: Store, request: UploadRequest, stored: Stored, session_id: str
) -> AssetEvent:
    """The event that the bytes of ``request`` are where ``stored`` says."""
    return AssetEvent(
        event_type=EventType.UPLOADED,
        session_id=session_id,
        **place_of(store, stored),
        **request.facts(),
    )


def place_of(store: Store, stored: Stored) -> dict[str, Any]:
    """What an event says of where an object is."""
    return {
        "store": store.root,
        "bucket": stored.bucket,
        "object_key": stored.object_key,
        "cloud_url": stored.cloud_url,
        "details": details_of(store) | {"existed": stored.existed},
    }


def details_of(store: Store) -> dict[str, Any]:
    """What an event says of the store itself, beside its root."""
    details = {"store_kind": store.kind}
    if store.endpoint:
        details["endpoint"] = store.endpoint
    if store.url != store.root:
        details["store_url"] = store.url
    return details
