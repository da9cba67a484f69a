"""Sheets and CSVs that a test writes."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from loaders.sheet import Snapshot
from rowkeeper.core.csv.legacy import GENERATIONS
from tests.helpers.samples import GID

Rows = Sequence[Sequence[str]]
VIDEO, OTHER = "https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcR"
DRIVE = "https://drive.google.com/open?id=1AbCdEfGhIjKlMnOpQrStUvWxYz012345"
FORM = f"""\
Timestamp,First name,Last name,Email Address,What is your Jungian type?,Upload your interview video
2026/01/02 10:11:12,Ann,Ash,ann@example.org,FF,{DRIVE}6
2026/01/02 10:12:12,Bob,Bay,bob@example.org,MM,"{DRIVE}7, {DRIVE}8"
"""
NO_IDS = f"""\
Who,Interview,Talk
Ann Ash,{VIDEO},https://media.example.org/a.mp4
Bob Bay,{OTHER},https://example.org/page
"""
"""A form's answers, and a sheet without ids: neither has titles that are known."""


def write_rows(path: Path, rows: Rows) -> Path:
    """``rows`` as a file of the kind that the name of ``path`` says."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in rows:
            book.active.append(list(row))
        book.save(path)
    elif path.suffix == ".html":
        cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        path.write_text(f"<!DOCTYPE html><table>{body}</table>", "utf-8")
    else:
        text = io.StringIO(newline="")
        delimiter = "\t" if path.suffix == ".tsv" else ";" if path.stem == "semicolon" else ","
        csv.writer(text, delimiter=delimiter).writerows(rows)
        path.write_text(text.getvalue(), "utf-8", newline="")
    return path


def first_cells(snapshot: Snapshot, place: int = 1) -> list[str | None]:
    """The first three cells of a row, the one below the titles by default."""
    return list(snapshot.rows[place].values.values())[:3]


def page(people: dict[str, list[str]]) -> str:
    """A published sheet in which each person has links."""
    rows = "".join(
        f"<tr><td>{row_id}</td><td>Person {row_id}</td><td>"
        + " ".join(f'<a href="{link}">{link}</a>' for link in links)
        + "</td></tr>"
        for row_id, links in people.items()
    )
    head = "<tr><td>#</td><td>Name</td><td>Notes</td></tr>"
    return f'<html><div id="{GID}"><table class="waffle">{head}{rows}</table></div></html>'


DONE, LOST, CROWDED, FAILED = "doneDONE_01", "lostLOST_02", "manyMANY_03", "failFAIL_04"
CLAIMED = {
    "1": (
        DONE,
        "completed",
        "",
        "",
        {f"YouTube: {DONE}": "uuid-1"},
        {"uuid-1": "files/uuid-1.mp4"},
    ),
    "2": (LOST, "failed", "Private video", "youtube", {}, {}),
    "3": (
        CROWDED,
        "streamed",
        "",
        "",
        {f"YouTube: {CROWDED}": "uuid-3"},
        {"uuid-3": "files/3.mp4"},
    ),
    "4": (
        FAILED,
        "failed",
        "timed out",
        "",
        {"S3 file uuid-3": "uuid-3"},
        {"uuid-3": "files/3.mp4"},
    ),
    "5": ("", "failed", "No link", "", {}, {}),
}
"""Row id -> video, youtube_status, download_errors, permanent_failure, file_uuids, s3_paths."""


def claiming_csv(path: Path, claimed: Mapping[str, Any] = CLAIMED) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, GENERATIONS[21], restval="")
        writer.writeheader()
        for row_id, (video, status, errors, permanent, uuids, paths) in claimed.items():
            writer.writerow(
                {
                    **{"row_id": row_id, "name": f"Person {row_id}", "email": f"{row_id}@x.org"},
                    "link": f"https://youtu.be/{video}" if video else "",
                    **{"youtube_status": status, "download_errors": errors},
                    "permanent_failure": permanent,
                    **{"file_uuids": json.dumps(uuids), "s3_paths": json.dumps(paths)},
                    "last_download_attempt": "2025-06-14T21:58:01",
                }
            )
