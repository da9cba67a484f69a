"""What runs report of themselves: that one began, and how it ended, also where nothing was to do.

``journal/runs.jsonl`` has a line for each report, on disk on return; whatever warehouse is drained
to has them in ``raw.run_reports``. They are no events: they say nothing of assets, so no build
follows from them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rowkeeper.core.disk.own import is_own_file, read_file
from rowkeeper.core.event_values import is_clean, is_small_number, is_time
from rowkeeper.core.journal.lines import unchecked
from rowkeeper.core.journal.manifest import append_lines
from rowkeeper.core.text import from_json
from rowkeeper.core.warehouse import Warehouse

NAME = "runs.jsonl"
TABLE = "raw.run_reports"
REPORT_COLUMNS = (
    *("report_id", "run_id", "said", "reported_at", "command", "target", "folder_id"),
    *("exit_code", "message", "details"),
)
REPORT_TYPES = {
    "report_id": "text primary key",
    "run_id": "text not null",
    "said": "text not null",
    "reported_at": "timestamptz not null",
    "exit_code": "bigint",
}
"""The columns that are not plain text."""
TAIL_BYTES = 64 * 1024
"""What a delivery reads first, from the end: that of a hundred runs."""
ALWAYS = [name for name, kind in REPORT_TYPES.items() if kind != "bigint"]


def note_report(folder: Path, report: Mapping[str, object]) -> None:
    """Append a report to the journal at ``folder``, on disk on return. Raises ``OSError``."""
    append_lines(folder, NAME, [report])


def has_reports(folder: Path) -> bool:
    return is_own_file(folder / NAME)


def deliver(folder: Path, warehouse: Warehouse) -> None:
    """Bring the reports that ``warehouse`` has not; its tables are there.

    What a killed writer left half is passed over, and what is no report. Raises ``WarehouseError``.
    """
    if not has_reports(folder):
        return
    path = folder / NAME
    size, taken = path.stat().st_size, TAIL_BYTES
    while True:
        reports = _reports(path, max(0, size - taken))
        held = _held(warehouse, list(reports))
        # A delivery brings all that is there: what stands before a report that is held is held.
        if held or taken >= size:
            break
        taken *= 8
    new = [_row(report) for report_id, report in reports.items() if report_id not in held]
    warehouse.insert_new(TABLE, REPORT_COLUMNS, new, "report_id")


def _reports(path: Path, start: int) -> dict[str, dict[str, Any]]:
    """The whole reports from the byte ``start`` on, by their ids."""
    with read_file(path) as file:
        file.seek(start)
        lines = file.read().splitlines(keepends=True)
    bodies = (body for line in lines if (body := unchecked(line)) is not None)
    whole = (report for body in bodies if (report := _report(body + b"}")) is not None)
    return {report["report_id"]: report for report in whole}


def _report(body: bytes) -> dict[str, Any] | None:
    """A report; None for a line that none of ours is, though its checksum fits."""
    try:
        report = from_json(body)
    except ValueError:
        return None
    if not isinstance(report, dict) or not all(report.get(name) for name in ALWAYS):
        return None
    texts = [report.get(name) for name in REPORT_COLUMNS if name not in ("exit_code", "details")]
    code = report.get("exit_code")
    is_ours = (
        all(isinstance(text, str | None) for text in texts)
        and is_clean(report)
        and (code is None or is_small_number(code))
        and is_time(report["reported_at"])
    )
    return report if is_ours else None


def _held(warehouse: Warehouse, report_ids: list[str]) -> set[str]:
    if not report_ids:
        return set()
    marks = ", ".join("?" * len(report_ids))
    sql = f"select report_id from {TABLE} where report_id in ({marks})"
    return set(warehouse.column(sql, report_ids))


def _row(report: Mapping[str, Any]) -> tuple[Any, ...]:
    values = {**report, "details": json.dumps(report.get("details") or {}, sort_keys=True)}
    return tuple(values.get(name) for name in REPORT_COLUMNS)
