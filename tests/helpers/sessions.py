"""Sessions of work, as their events."""

from typing import Any

from rowkeeper.core.drain import drain
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import Row
from rowkeeper.workspace.context import Context
from tests.helpers.warehouses import PENDING, events_for, rows_of


def work(context: Context) -> dict[str, tuple[str, str, int]]:
    """Four sessions with outcomes; session -> its type, activity and total."""
    pending = rows_of(context.target, PENDING)
    events = events_for(pending)
    assets = {event.asset_id for event in events}
    mixed, watched, documents = events[0].session_id, new_id(), new_id()
    videos = [row for row in pending if row[2] == "youtube"]
    drive = [row for row in pending if row[2] in ("drive", "docs")]
    assert {row[2] for row in drive} == {"drive", "docs"}
    events += session(watched, "upload", videos, began=1, ended=len(videos) + 2)
    events += session(documents, "verify", drive, began=len(drive), ended=None)
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        for event in events:
            journal.append(event)
    drain(folder, context.target)
    return {
        mixed: ("mixed", "download", len(assets)),
        watched: ("youtube", "upload", len(videos) + 2),
        documents: ("drive", "verify", len(drive)),
    }


def session(
    session_id: str, activity: str, rows: list[Row], began: int, ended: int | None
) -> list[AssetEvent]:
    """A session that takes on more than its first page; one that is killed has no end."""
    about: dict[str, Any] = {"session_id": session_id, "session_type": activity}
    events = [
        AssetEvent(event_type=EventType.SESSION_STARTED, total_assets=began, **about),
        *(
            AssetEvent(
                event_type=EventType.FILE_VERIFIED,
                asset_id=asset_id,
                row_id=row_id,
                provider=provider,
                media_id=media_id,
                asset_kind=kind,
                attempt=1,
                details={"check": 1},
                **about,
            )
            for asset_id, row_id, provider, media_id, kind in rows
        ),
    ]
    if ended is not None:
        finished = EventType.SESSION_FINISHED
        events.append(AssetEvent(event_type=finished, total_assets=ended, **about))
    return events
