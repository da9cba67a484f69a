"""What a run costs, each figure a ratio of two things that are measured beside each other.

Seconds are CPU seconds of the whole process, user and system, all threads counted.
"""

import csv
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest import mock

import duckdb

from benchmarks.fetch_cost import fetched
from benchmarks.figure import Figure, seconds
from benchmarks.ingest_cost import ingested
from benchmarks.journal_cost import EVENTS, flushed_by_threads
from benchmarks.processes import measure as measure_process
from benchmarks.run_cost import archived
from benchmarks.store_cost import sent
from benchmarks.verify_cost import verified
from benchmarks.vs_csv import make_rows, rewrite, warehouse_of
from rowkeeper.catalogue.person import read_person
from rowkeeper.core.drain import drain
from rowkeeper.core.events import FIELDS, AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.postgres import open_postgres
from rowkeeper.core.profiles import load_target
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.run.pending import pending_downloads, pending_uploads
from rowkeeper.workspace.build import refresh
from rowkeeper.workspace.context import Context
from tests.helpers.postgres import DATABASE, start_postgres

ASSETS = """
select cast(asset_id as text), person_row_id, provider, media_id, asset_kind
from {schema}.asset_states where provider = 'youtube'
"""
FEW, TIMES = 500, 3
"""The events of the small log, and how often what is short is done."""


def all_figures(people: int, events: int) -> Iterator[Figure]:
    """Measure each, on ``people`` people and ``events`` events. Takes minutes."""
    with tempfile.TemporaryDirectory(prefix="costs-") as name:
        folder = Path(name)
        # first, for a process begins with the peak of the memory of the one that starts it
        yield from ingested(folder)
        with mock.patch.dict(os.environ):
            rewrite(folder, make_rows(people, 500))
            context = warehouse_of(folder)
            versions = _versions(folder)
            yield nothing_to_do(folder, people, versions)
            few = costs_after(context, FEW)
            many = costs_after(context, events - FEW)
            for which in few:
                title = f"{which}, {events:,} events to {FEW:,}"
                yield Figure(title, many[which], few[which], 1.2)
            yield from of_many(folder / "many", 10 * people, versions)
            yield verified(folder / "verified", people, cpu_of, versions)
        yield from sent(folder / "sent")
        yield flushed_by_threads(folder / "flushed", _life(_assets(), EVENTS))
        yield drained_into_duckdb(folder, events)
        yield drained_into_postgres(folder, min(events, 50_000))
        yield fetched(folder / "fetched")
        yield from archived(folder / "archived")


def nothing_to_do(folder: Path, people: int, versions: float) -> Figure:
    """A run that finds nothing new, to the two versions' commands, which only import."""
    run = ["run", "--mode", "basic", "--legacy-csv", str(folder / "output.csv")]
    cpu_of(folder, "rowkeeper", *run)
    ours = min(cpu_of(folder, "rowkeeper", *run) for _ in range(TIMES))
    title = f"a run with nothing to do, {people:,} people, to dbt --version and dlt --version"
    return Figure(title, ours, versions, 1.0)


def of_many(folder: Path, people: int, versions: float) -> Iterator[Figure]:
    """``status --people`` and the same run, of more people."""
    folder.mkdir()
    rewrite(folder, make_rows(people, 500))
    warehouse_of(folder)
    ours = min(cpu_of(folder, "rowkeeper", "status", "--people") for _ in range(TIMES))
    title = f"status --people of {people:,}, to dbt --version and dlt --version"
    yield Figure(title, ours, versions, 0.3)
    yield nothing_to_do(folder, people, versions)


def _versions(folder: Path) -> float:
    return sum(
        min(cpu_of(folder, name, "--version") for _ in range(TIMES)) for name in ("dbt", "dlt")
    )


def cpu_of(folder: Path, program: str, *arguments: str) -> float:
    """The CPU seconds of a command of this environment."""
    path = Path(sys.executable).parent / program
    return measure_process([str(path), *arguments], folder).cpu_s


def costs_after(context: Context, events: int) -> dict[str, float]:
    """What the two steps cost after as many more events."""
    with connect(context.target) as warehouse:
        assets = warehouse.query(ASSETS)
    _tell(context, _life(assets, events))
    refresh(context)
    built = []
    for number in range(TIMES):
        _tell(context, [_event(assets[0], EventType.FILE_VERIFIED, 10**6 + events + number)])
        built.append(seconds(lambda: refresh(context)))
    paged = [
        seconds(lambda: (pending_downloads(context), pending_uploads(context)))
        for _ in range(TIMES)
    ]
    read = [seconds(lambda: read_person(context, "1")) for _ in range(TIMES)]
    return {
        "a build after one event": min(built),
        "a page of what is pending": min(paged),
        "the page of one person": min(read),
    }


def drained_into_duckdb(folder: Path, events: int) -> Figure:
    """The drain, to DuckDB's own reading of a CSV of the same events."""
    journal, path = _journal_of(folder / "duckdb", events)
    target = Target(name="dev", type="duckdb", path=str(folder / "drained.duckdb"))
    ours = seconds(lambda: drain(journal, target))
    with duckdb.connect(str(folder / "read.duckdb")) as connection:
        sql = "create table events as select * from read_csv(?, all_varchar = true)"
        theirs = seconds(lambda: connection.execute(sql, [str(path)]))
    return Figure("the drain into DuckDB, to its read_csv", ours, theirs, 0.5, more=True)


def drained_into_postgres(folder: Path, events: int) -> Figure:
    """The drain, to COPY of a CSV of the same events; by the clock, for the server works, too."""
    journal, path = _journal_of(folder / "postgres", events)
    with start_postgres(folder / "server") as server:
        server.create_database(DATABASE)
        os.environ |= server.environ(DATABASE)
        target = load_target("prod")
        ours = seconds(lambda: drain(journal, target), clock=time.perf_counter)
        theirs = seconds(lambda: _copy(path, target), clock=time.perf_counter)
    return Figure("the drain into Postgres, to COPY", ours, theirs, 0.5, more=True)


def _copy(path: Path, target: Target) -> None:
    with closing(open_postgres(target)) as connection, connection.cursor() as cursor:
        cursor.execute(f"create table copied ({', '.join(f'{name} text' for name in FIELDS)})")
        with path.open(encoding="utf-8") as file:
            cursor.copy_expert("copy copied from stdin with (format csv, header)", file)


def _journal_of(folder: Path, events: int) -> tuple[Path, Path]:
    """A journal of as many events, and a CSV of the same."""
    written = _life(_assets(), events)
    with _no_waiting(), Journal(journal_dir(folder)) as journal:
        for event in written:
            journal.append(event)
    path = folder / "events.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([FIELDS, *(event.values().values() for event in written)])
    return journal_dir(folder), path


def _assets() -> list[Row]:
    return [(new_id(), str(number), "youtube", f"m{number}", "video") for number in range(500)]


def _life(assets: list[Row], events: int) -> list[AssetEvent]:
    """Each asset fetched, stored, and checked again and again."""
    kinds = (EventType.DOWNLOADED, EventType.UPLOADED)
    checks = (EventType.FILE_VERIFIED, EventType.OBJECT_VERIFIED)
    life = []
    for number in range(events):
        turn, place = divmod(number, len(assets))
        kind = kinds[turn] if turn < len(kinds) else checks[turn % len(checks)]
        life.append(_event(assets[place], kind, turn))
    return life


def _event(asset: Row, kind: EventType, number: int) -> AssetEvent:
    asset_id, row_id, provider, media_id, asset_kind = asset
    key = f"{asset_id}.mp4"
    return AssetEvent(
        event_type=kind,
        session_id=f"00000000-0000-4000-8000-{number:012d}",
        session_type="verify",
        asset_id=asset_id,
        row_id=row_id,
        provider=provider,
        media_id=media_id,
        asset_kind=asset_kind,
        attempt=1,
        sha256=f"{int(row_id):064x}",
        size_bytes=1000,
        local_path=f"files/{key}",
        store="s3://bucket",
        bucket="bucket",
        object_key=key,
        cloud_url=f"s3://bucket/{key}",
        details={"check": number} if "verified" in kind else {},
    )


def _tell(context: Context, events: list[AssetEvent]) -> None:
    folder = journal_dir(context.settings.data_dir)
    with _no_waiting(), Journal(folder) as journal:
        for event in events:
            journal.append(event)
    drain(folder, context.target)


@contextmanager
def _no_waiting() -> Iterator[None]:
    """Events of a preparation, which is not measured, do not wait for the disk."""
    with mock.patch("os.fsync"), mock.patch("os.fdatasync"):
        yield
