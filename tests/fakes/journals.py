"""Journals as the next run finds them."""

from collections.abc import Iterator
from pathlib import Path

from rowkeeper.core.events import AssetEvent
from rowkeeper.core.journal.journal import (
    journal_dir,
    read_segment,
    seal_abandoned,
    sealed_segments,
)


def events_in(data_dir: Path) -> Iterator[AssetEvent]:
    """All events of a data folder where no run is under way, those of killed ones too."""
    folder = journal_dir(data_dir)
    seal_abandoned(folder)
    for path in sealed_segments(folder).values():
        yield from read_segment(path)
