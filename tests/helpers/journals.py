"""A journal of six events, to be hurt."""

import shutil
from pathlib import Path

from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id
from rowkeeper.core.journal.formats import (
    bring_forward,
)
from rowkeeper.core.journal.journal import (
    Journal,
    read_segment,
    sealed_segments,
)
from tests.helpers.events import SESSION

EVENTS = [
    AssetEvent(
        event_type=EventType.DOWNLOADED,
        session_id=SESSION,
        asset_id=asset_id(str(number), "direct", "*J\n{}", "file"),
        row_id=str(number),
        provider="direct",
        media_id="*J\n{}",
        asset_kind="file",
        attempt=1,
        sha256="ab" * 32,
        details={"words": 'Ä "{,}" \\ ' + "x" * number},
    )
    for number in range(6)
]


def made(folder: Path, *parts: list[AssetEvent]) -> Path:
    for events in parts or (EVENTS,):
        with Journal(folder) as journal:
            for event in events:
                journal.append(event)
    bring_forward(folder)
    return folder


def event_ids(folder: Path) -> set[str]:
    return {
        event.event_id for path in sealed_segments(folder).values() for event in read_segment(path)
    }


def renewed(folder: Path, keep: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(keep, folder)
