"""What the journal adds to the disk: events of many threads, to bare flushes of as many bytes."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.figure import Figure, seconds
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.journal.journal import Journal
from rowkeeper.core.journal.lines import to_line

THREADS = 8
ROUNDS, FLUSHES, EVENTS = 8, 50, 400
"""They take turns, for a disk that others use is now fast and now slow."""


def flushed_by_threads(folder: Path, told: Sequence[AssetEvent]) -> Figure:
    """A flush can carry an event of each thread: that is all that there is to gain."""
    folder.mkdir()
    line = to_line(told[0], 1)
    ours = theirs = 0.0
    with (folder / "bare").open("xb", buffering=0) as file, Journal(folder / "journal") as journal:

        def bare() -> None:
            for _ in range(FLUSHES):
                file.write(line)
                os.fsync(file.fileno())

        def append(events: Sequence[AssetEvent]) -> None:
            for event in events:
                journal.append(event)

        def together() -> None:
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(append, (told[place:EVENTS:THREADS] for place in range(THREADS))))

        together()  # makes the segment
        for _ in range(ROUNDS):
            theirs += seconds(bare, time.perf_counter) / FLUSHES / THREADS
            ours += seconds(together, time.perf_counter) / EVENTS
    title = f"events of {THREADS} threads, to as many in each bare flush"
    return Figure(title, ours, theirs, 0.8, more=True)
