"""Readings of one asset, and what they tell."""

from dataclasses import replace

from downloaders.base import FetchSettings, Request, Standing
from downloaders.pool import download_all
from rowkeeper.core.events import AssetEvent, EventType

Found = list[AssetEvent]


def events(settings: FetchSettings, request: Request) -> Found:
    """What is told when ``request`` is fetched."""
    told_events: Found = []
    download_all([request], settings, told_events.append, "session")
    return told_events


def children(events: Found) -> list[str]:
    """The media that were discovered, in order, without their transcripts."""
    kinds = {"video", "file"}
    return [
        str(event.media_id)
        for event in events
        if event.event_type is EventType.DISCOVERED and event.asset_kind in kinds
    ]


def again(first: AssetEvent, request: Request) -> Request:
    """The request to read again what ``first`` tells of."""
    standing = Standing(sha256=str(first.sha256), details=first.details)
    return replace(request, attempt=request.attempt + 1, standing=standing)
