"""Events that a test makes."""

from rowkeeper.core.events import AssetEvent, EventType


def event(number: int = 0) -> AssetEvent:
    return AssetEvent(event_type=EventType.DOWNLOADED, session_id="s", asset_id=str(number))
