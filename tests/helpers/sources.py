"""Sheets and CSVs that a test writes."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rowkeeper.core.csv.legacy import GENERATIONS
from tests.helpers.samples import GID


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
