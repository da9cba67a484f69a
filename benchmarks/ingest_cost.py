"""What an ingest of a CSV costs, in a process of its own: ``python -m benchmarks.ingest_cost``.

The process loads ``output.csv`` of its folder, then lets DuckDB read the same file, and prints the
CPU seconds of each.
"""

import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.figure import Figure, seconds
from benchmarks.processes import Cost, measure
from benchmarks.vs_csv import HEADER, make_rows
from loaders.pipeline import ingest
from rowkeeper.core.profiles import load_target
from rowkeeper.core.said import tell
from rowkeeper.core.settings import load_settings

FEW, MANY = 2_000, 20_000


def ingested(folder: Path, few: int = FEW, many: int = MANY) -> Iterator[Figure]:
    """The CPU of a large file, and how memory grows from a small one."""
    small, large = (ingest_cost(folder / f"rows-{rows}", rows) for rows in (few, many))
    ours, theirs = map(float, large.output.split())
    yield Figure(f"the ingest of {many:,} rows, to read_csv", ours, theirs, 0.25, more=True)
    title = f"the peak of memory of an ingest, {many:,} rows to {few:,}"
    yield Figure(title, large.rss_bytes, small.rss_bytes, 1.2)


def ingest_cost(folder: Path, rows: int, row_bytes: int = 500) -> Cost:
    """Of a CSV with as many rows; its output has our CPU seconds, and those of ``read_csv``."""
    folder.mkdir()
    with (folder / "output.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *make_rows(rows, row_bytes)])
    variables = {
        "ROWKEEPER_DATA_DIR": str(folder / "data"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return measure([sys.executable, "-m", "benchmarks.ingest_cost"], folder, variables)


def main() -> None:
    settings = load_settings({"legacy_csv.paths": [str(Path("output.csv").absolute())]})
    ours = seconds(lambda: ingest(settings, load_target("dev")))
    with duckdb.connect("read.duckdb") as connection:
        sql = "create table people as select * from read_csv('output.csv', all_varchar = true)"
        theirs = seconds(lambda: connection.execute(sql).fetchall())
    tell(f"{ours} {theirs}", sys.stdout)


if __name__ == "__main__":
    main()
