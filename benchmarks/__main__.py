"""What a run costs, measured and kept: ``python -m benchmarks``.

Writes ``benchmarks/figures.json`` and the table in ``docs/benchmarks.md``. With ``--check`` nothing
is written, and a figure that is worse by a third than the kept one ends with 1. The comparisons
with other tools are modules of their own: see docs/benchmarks.md.
"""

import argparse
import json
import sys

from benchmarks.costs import all_figures
from benchmarks.figure import Figure
from benchmarks.page import PAGE, replaced
from rowkeeper.core.said import tell
from rowkeeper.core.settings import PROJECT_DIR

KEPT = PROJECT_DIR / "benchmarks" / "figures.json"
BEGIN, END = "<!-- figures: python -m benchmarks -->\n", "<!-- end of figures -->\n"
WORSE = 4 / 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--check", action="store_true", help="compare with the kept figures")
    arguments = parser.parse_args()
    figures = []
    for figure in all_figures(arguments.people, arguments.events):
        tell(f"{figure.ratio:8.3f}  (goal {figure.goal})  {figure.name}")
        figures.append(figure)
    if arguments.check:
        kept = json.loads(KEPT.read_text("utf-8"))
        fallen = fallen_back(kept, figures)
        for name in fallen:
            tell(f"Fell back by a third: {name}, kept as {kept[name]}.")
        return 1 if fallen else 0
    KEPT.write_text(
        json.dumps({one.name: one.ratio for one in figures}, indent=2, sort_keys=True) + "\n",
        "utf-8",
    )
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), figures), "utf-8")
    return 0


def fallen_back(kept: dict[str, float], figures: list[Figure]) -> list[str]:
    """The names of figures that are worse by a third than what was kept."""
    return [
        one.name
        for one in figures
        if one.name in kept
        and (one.ratio * WORSE < kept[one.name] if one.more else one.ratio > WORSE * kept[one.name])
    ]


def with_table(page: str, figures: list[Figure]) -> str:
    """``page`` with its table made anew."""
    lines = ["| What | Ratio | Goal |", "| --- | --- | --- |"]
    lines += [
        f"| {one.name} | {one.ratio:g} | {'≥' if one.more else '≤'} {one.goal:g} |"
        for one in figures
    ]
    return replaced(page, BEGIN, "\n".join([*lines, ""]), END)


if __name__ == "__main__":
    sys.exit(main())
