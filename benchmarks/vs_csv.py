"""rowkeeper against the way the CSV was kept: ``python -m benchmarks.vs_csv``.

The old way rewrote the whole file, with a gzip copy beside it, for each record. The new way appends
one event for each record to the journal (fsynced, eight threads as in a run), drains it into DuckDB
once and builds the tables once. Both work on the same people, on the same disk, in turns.

Of the old way's pass only ``--sample`` records are timed and the rest is reckoned from them: its
cost is the same for each record. ``--people`` and ``--fat`` choose the sizes.
"""

import argparse
import csv
import gzip
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from loaders.pipeline import ingest
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.drain import drain
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id, new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import load_settings
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context

HEADER = GENERATIONS[21]
WORKERS = 8
THIN_BYTES, FAT_BYTES = 500, 8_000
LETTERS = "  etaoinshrdlucm,.\n"
TIMED_EVENTS = 200


@dataclass(frozen=True)
class Figures:
    """Seconds. ``update`` is one record's, the rest a whole pass over all people."""

    people: int
    row_bytes: int
    csv_update: float
    event_update: float
    csv_pass: float
    event_pass: float
    build: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vs_csv", description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[500, 2_000, 5_000])
    parser.add_argument("--sample", type=int, default=30, help="old-way updates that are timed")
    arguments = parser.parse_args()
    measured = [
        measure(people, row_bytes, arguments.sample)
        for row_bytes in (THIN_BYTES, FAT_BYTES)
        for people in arguments.people
    ]
    Console(width=140).print(table_of(measured))


def measure(people: int, row_bytes: int, sample: int) -> Figures:
    """All figures for one size of the file."""
    with tempfile.TemporaryDirectory(prefix="vs-csv-") as name:
        folder = Path(name)
        rows = make_rows(people, row_bytes)
        csv_updates = [timed(lambda: rewrite(folder, rows)) for _ in range(sample)]
        context = warehouse_of(folder)
        events = [event_of(row) for row in rows]
        with Journal(folder / "one-by-one") as journal:
            appends = [partial(journal.append, event) for event in events[:TIMED_EVENTS]]
            event_updates = [timed(append) for append in appends]
        event_pass = timed(lambda: append_and_drain(context, events))
        return Figures(
            people=people,
            row_bytes=row_bytes,
            csv_update=statistics.median(csv_updates),
            event_update=statistics.median(event_updates),
            csv_pass=statistics.mean(csv_updates) * people,
            event_pass=event_pass,
            build=timed(lambda: build(context)),
        )


def make_rows(people: int, row_bytes: int) -> list[list[str]]:
    """Rows of the newest generation, filled up to about ``row_bytes`` each."""
    rows = []
    chance = random.Random(people)
    for number in range(1, people + 1):
        video = f"{number:011d}"
        values = dict.fromkeys(HEADER, "")
        values |= {
            "row_id": str(number),
            "name": f"Person {number}",
            "email": f"person{number}@example.org",
            "type": "MF-Si/Fe-CS/P(B) #3",
            "link": f"https://www.youtube.com/watch?v={video}",
            "processed": "yes",
            "youtube_media_id": video,
        }
        room = max(0, row_bytes - sum(map(len, values.values())) - len(HEADER))
        values["document_text"] = "".join(chance.choices(LETTERS, k=room))
        rows.append([values[name] for name in HEADER])
    return rows


def rewrite(folder: Path, rows: list[list[str]]) -> None:
    """The old way's update: the file anew, then a compressed copy of it."""
    path, backup = folder / "output.csv", folder / "output.csv.gz"
    part = folder / "output.csv.tmp"
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)
    part.replace(path)
    with path.open("rb") as source, gzip.open(backup, "wb") as copy:
        while chunk := source.read(1 << 20):
            copy.write(chunk)


def warehouse_of(folder: Path) -> Context:
    """A DuckDB warehouse with the same people, loaded and built."""
    os.environ["ROWKEEPER_DATA_DIR"] = str(folder / "data")
    settings = load_settings({"legacy_csv.paths": [str(folder / "output.csv")]})
    context = Context(settings, load_target("dev"))
    ingest(context.settings, context.target)
    build(context)
    return context


def event_of(row: list[str]) -> AssetEvent:
    values = dict(zip(HEADER, row, strict=True))
    video = values["youtube_media_id"]
    return AssetEvent(
        event_type=EventType.DOWNLOADED,
        session_id=new_id(),
        session_type="download",
        asset_id=asset_id(values["row_id"], "youtube", video, "video"),
        row_id=values["row_id"],
        provider="youtube",
        media_id=video,
        asset_kind="video",
        original_url=values["link"],
        attempt=1,
        local_path=f"files/people/{values['row_id']}/{video}.mp4",
        size_bytes=1_000_000,
        sha256="0" * 64,
    )


def append_and_drain(context: Context, events: list[AssetEvent]) -> None:
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal, ThreadPoolExecutor(WORKERS) as executor:
        list(executor.map(journal.append, events))
    drain(folder, context.target)


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def table_of(measured: list[Figures]) -> Table:
    table = Table(title="The CSV rewritten for each record, against events (ms, passes in s)")
    columns = "people|row|update: CSV|event|ratio|pass: CSV|events|ratio|events + build|ratio"
    for column in columns.split("|"):
        table.add_column(column, justify="right")
    for figures in measured:
        built = figures.event_pass + figures.build
        table.add_row(
            str(figures.people),
            f"{figures.row_bytes} B",
            f"{figures.csv_update * 1e3:.1f}",
            f"{figures.event_update * 1e3:.2f}",
            f"{figures.csv_update / figures.event_update:.0f} x",
            f"{figures.csv_pass:.1f}",
            f"{figures.event_pass:.2f}",
            f"{figures.csv_pass / figures.event_pass:.0f} x",
            f"{built:.1f}",
            f"{figures.csv_pass / built:.1f} x",
        )
    return table


if __name__ == "__main__":
    main()
