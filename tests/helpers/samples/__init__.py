"""Make a synthetic people sheet and the legacy CSV generations that grew from it.

Every quirk below was counted in a real sheet and its CSV history; every name, address and id is
invented.

    python -m tests.helpers.samples --people 60 --seed 1 --out DIR

DIR then holds
    sheet.html               a published Google Sheet: two tabs, the people's has gid 1159146182
    output_7col.csv          oldest generation: no row_id, every person appended on each run
    output_7col_shifted.csv  the same after rows of 5 fields (row_id first) under its header
    output_18col.csv         tracking columns, a header row among the data, '-' and "'-"
    output_21col.csv         newest: file_uuids and s3_paths as JSON cells
    basic_5col.csv text_8col.csv   the two partial modes
    expected.json            what is true of all of it, to check a load against
"""

import csv
import json
from pathlib import Path
from typing import Any

from tests.helpers.samples.generations import (
    Table,
    basic,
    eighteen,
    seven,
    shifted,
    text,
    twentyone,
)
from tests.helpers.samples.page import GID, sheet
from tests.helpers.samples.people import People

__all__ = ["GID", "make_samples"]


def make_samples(out: Path, people: int = 60, seed: int = 1) -> dict[str, Any]:
    """Write all samples into ``out``; what ``expected.json`` says of them."""
    write(People(people, seed), out)
    expected: dict[str, Any] = json.loads((out / "expected.json").read_text(encoding="utf-8"))
    return expected


def write(drawn: People, out: Path) -> None:
    """Make the people, then all that is in ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    drawn.make()
    (out / "sheet.html").write_text(sheet(drawn), encoding="utf-8")
    first = seven(drawn)
    rows = {
        "output_7col.csv": _save(out / "output_7col.csv", first, "\r\n"),
        "output_7col_shifted.csv": _save(out / "output_7col_shifted.csv", first, "\r\n"),
        "output_18col.csv": _save(out / "output_18col.csv", eighteen(drawn), "\r\n"),
        "output_21col.csv": _save(out / "output_21col.csv", twentyone(drawn)),
        "basic_5col.csv": _save(out / "basic_5col.csv", basic(drawn)),
        "text_8col.csv": _save(out / "text_8col.csv", text(drawn)),
    }
    with (out / "output_7col_shifted.csv").open("a", newline="", encoding="utf-8") as f:
        csv.writer(f, lineterminator="\n").writerows(more := shifted(drawn))
    rows["output_7col_shifted.csv"] += len(more)
    known = json.dumps(_expected(drawn, rows), indent=1, ensure_ascii=False)
    (out / "expected.json").write_text(known, encoding="utf-8")


def _save(path: Path, table: Table, eol: str = "\n") -> int:
    """How many rows are below the header."""
    with path.open("w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator=eol)
        w.writerow(table[0])
        w.writerows(table[1])
    return len(table[1])


def _expected(drawn: People, rows: dict[str, int]) -> dict[str, Any]:
    return {
        "people": len({x["row_id"] for x in drawn.rows}),
        "sheet_person_rows": len(drawn.rows),
        "duplicate_row_ids": [drawn.dup["row_id"]],
        "with_link": len({x["row_id"] for x in drawn.rows if x["link"]}),
        "blank_types": [x["row_id"] for x in drawn.people if not x["type"]],
        "rows": rows,
        "type_by_row_id": {x["row_id"]: x["type"] for x in drawn.people},
        "name_by_row_id": {x["row_id"]: x["name"] for x in drawn.people},
    }
