"""How costs grow: ``python -m benchmarks.slopes`` plots them, and takes an hour or two.

CPU seconds (and for an ingest the peak of memory) at three sizes, each over that at the first.
Writes ``benchmarks/slopes.json`` and the charts in ``docs/benchmarks.md``. ``--sweep`` measures one
of the three alone, and keeps the others.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest import mock

from benchmarks.costs import costs_after, cpu_of
from benchmarks.ingest_cost import ingest_cost
from benchmarks.page import PAGE, replaced
from benchmarks.vs_csv import make_rows, rewrite, warehouse_of
from rowkeeper.core.said import tell
from rowkeeper.core.settings import PROJECT_DIR

KEPT = PROJECT_DIR / "benchmarks" / "slopes.json"
BEGIN, END = "<!-- slopes: python -m benchmarks.slopes -->\n", "<!-- end of slopes -->\n"
EVENTS_A_PERSON, ROW_BYTES = 2, 200

Point = dict[str, float]
"""What each thing costs at one size, by its name."""
Slopes = dict[str, dict[str, Point]]
"""Sweep -> size -> costs."""


def by_people(folder: Path, sizes: Sequence[int]) -> Iterator[Point]:
    """Each person with a video that was fetched and stored."""
    for people in sizes:
        place = folder / str(people)
        place.mkdir()
        rewrite(place, make_rows(people, 500))
        context = warehouse_of(place)
        point = costs_after(context, EVENTS_A_PERSON * people)
        run = ["run", "--mode", "basic", "--legacy-csv", str(place / "output.csv")]
        cpu_of(place, "rowkeeper", *run)
        point["a run with nothing to do"] = cpu_of(place, "rowkeeper", *run)
        point["status --people"] = cpu_of(place, "rowkeeper", "status", "--people")
        yield point


def by_events(folder: Path, sizes: Sequence[int]) -> Iterator[Point]:
    """Of 500 people."""
    rewrite(folder, make_rows(500, 500))
    context, there = warehouse_of(folder), 0
    for events in sizes:
        point = costs_after(context, events - there)
        point["status"] = cpu_of(folder, "rowkeeper", "status")
        yield point
        there = events


def by_rows(folder: Path, sizes: Sequence[int]) -> Iterator[Point]:
    for rows in sizes:
        cost = ingest_cost(folder / str(rows), rows, ROW_BYTES)
        ours, _ = map(float, cost.output.split())
        yield {"an ingest, CPU": ours, "an ingest, memory": float(cost.rss_bytes)}


SWEEPS: dict[str, tuple[Callable[[Path, Sequence[int]], Iterator[Point]], tuple[int, ...]]] = {
    "people": (by_people, (500, 5_000, 50_000)),
    "events": (by_events, (10_000, 100_000, 1_000_000)),
    "rows of a CSV": (by_rows, (10_000, 100_000, 1_000_000)),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slopes", description=__doc__)
    parser.add_argument("--sweep", choices=SWEEPS, action="append")
    arguments = parser.parse_args()
    slopes: Slopes = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    for name in arguments.sweep or SWEEPS:
        slopes[name] = measured(name)
        KEPT.write_text(json.dumps(slopes, indent=2) + "\n", "utf-8")
    page = replaced(PAGE.read_text("utf-8"), BEGIN, charts(slopes), END)
    PAGE.write_text(page, "utf-8")


def measured(name: str) -> dict[str, Point]:
    """A sweep: size -> what each thing costs there."""
    sweep, sizes = SWEEPS[name]
    points = {}
    with tempfile.TemporaryDirectory(prefix="slopes-") as folder, mock.patch.dict(os.environ):
        for size, point in zip(sizes, sweep(Path(folder), sizes), strict=True):
            points[f"{size:,}"] = {which: round(cost, 3) for which, cost in point.items()}
            tell(f"{size:,} {name}: {points[f'{size:,}']}")
    return points


def charts(slopes: Slopes) -> str:
    """A table of each sweep and a chart of each of its lines, as Markdown with Mermaid."""
    parts = []
    for name in (name for name in SWEEPS if name in slopes):
        points = slopes[name]
        first = next(iter(points.values()))
        lines = {
            which: [point[which] / first[which] for point in points.values()] for which in first
        }
        parts.append(f"| By {name} | {' | '.join(points)} |")
        parts.append("| --- |" + " --- |" * len(points))
        parts += [f"| {which} | {' | '.join(map(_shown, line))} |" for which, line in lines.items()]
        parts.append("")
        parts += [
            _chart(f"{which}, by {name}", list(points), line) for which, line in lines.items()
        ]
    return "\n".join(parts)


def _chart(title: str, sizes: list[str], line: list[float]) -> str:
    quoted = ", ".join(f'"{size}"' for size in sizes)
    return (
        "```mermaid\nxychart-beta\n"
        f'    title "{title}"\n'
        f"    x-axis [{quoted}]\n"
        f'    y-axis "times the first" 0 --> {max(2, round(1.1 * max(line), 1))}\n'
        f"    line [{', '.join(map(_shown, line))}]\n```\n"
    )


def _shown(ratio: float) -> str:
    return f"{ratio:.3g}"


if __name__ == "__main__":
    main()
