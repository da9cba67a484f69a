"""Events that a test makes."""

from typing import Any
from uuid import UUID

from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id


def numbered(number: int) -> str:
    """The id of a session, the same each time."""
    return str(UUID(int=number))


SESSION = numbered(1)


def about(number: int) -> dict[str, Any]:
    """A file of the person of that row id, as an event names it."""
    facts = {"row_id": str(number), "provider": "drive", "media_id": "m", "asset_kind": "file"}
    return {"asset_id": asset_id(*facts.values()), **facts}


def event(number: int = 0) -> AssetEvent:
    """The first download of such a file."""
    facts: dict[str, Any] = {"attempt": 1, "sha256": "ab" * 32, **about(number)}
    return AssetEvent(event_type=EventType.DOWNLOADED, session_id=SESSION, **facts)
