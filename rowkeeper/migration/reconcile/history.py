"""Are the versions in ``people_history`` those that the raw rows tell, told again in Python?"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from rowkeeper.migration.reconcile.differences import Difference, wrong
from rowkeeper.migration.reconcile.published import Published, RawRow

COLUMNS = ("name", "email", "personality_type", "source_link", "valid_from")


def history_faults(tables: Published) -> Iterator[Difference]:
    """Versions that are missing, are more than the rows tell or say something else."""
    said: dict[str, dict[int, Any]] = defaultdict(dict)
    for record in tables.history:
        said[record["row_id"]][record["version"]] = record
    stored = _told(tables)
    for row_id in sorted(said.keys() | stored.keys()):
        versions = stored.get(row_id, [])
        for number, (row, version) in enumerate(versions, 1):
            record = said[row_id].pop(number, None)
            if record is None:
                reason = f"people_history has not version {number} of this person"
                yield wrong(row.place, "", row_id, row.name, "", reason)
                continue
            for column in COLUMNS:
                if record[column] != version[column]:
                    reason = f"people_history says otherwise in version {number}"
                    values = version[column], record[column]
                    yield wrong(row.place, column, row_id, *values, reason)
        for number, record in said[row_id].items():
            reason = f"no row tells version {number} of people_history"
            yield wrong(
                tables.place(row_id, "people_history"), "", row_id, "", record["name"], reason
            )


def _told(tables: Published) -> dict[str, list[tuple[RawRow, dict[str, Any]]]]:
    """Row id -> the row that each version begins with, and what it says."""
    snapshots = {
        row.file_id: row.observed_at for row in tables.rows.values() if row.source == "sheet"
    }
    order = sorted(snapshots, key=lambda key: (snapshots[key], key))
    numbers = {file_id: number for number, file_id in enumerate(order)}
    rows: dict[str, dict[str, RawRow]] = defaultdict(dict)
    for row in tables.rows.values():
        if row.row_id is None or row.observed_at is None or not row.is_of_somebody:
            continue
        before = rows[row.row_id].get(row.file_id)
        if before is None or (row.line, before.row_key) > (before.line, row.row_key):
            rows[row.row_id][row.file_id] = row
    return {
        row_id: _versions(list(of_person.values()), numbers, tables)
        for row_id, of_person in rows.items()
    }


def _versions(
    rows: list[RawRow], numbers: dict[str, int], tables: Published
) -> list[tuple[RawRow, dict[str, Any]]]:
    in_sheet = min((row.observed_at for row in rows if row.source == "sheet"), default=None)
    shown = [
        row
        for row in rows
        if row.source == "sheet" or in_sheet is None or row.observed_at < in_sheet
    ]
    shown.sort(key=lambda row: (row.observed_at, row.file_id))
    starts = shown[:1]
    for before, row in pairwise(shown):
        gap = numbers.get(row.file_id, 0) - numbers.get(before.file_id, 0) > 1
        both = before.source == row.source == "sheet"
        if _content(row, tables) != _content(before, tables) or (gap and both):
            starts.append(row)
    return [(row, _said(row, tables)) for row in starts]


def _link(row: RawRow, tables: Published) -> Any:
    for link in tables.links.get(row.row_key, ()):
        if link.column == "link" or (link.column == "name" and row.source == "sheet"):
            return link
    return None


def _content(row: RawRow, tables: Published) -> tuple[Any, ...]:
    link = _link(row, tables)
    return row.name, row.email, row.type, link.canonical_url if link else None


def _said(row: RawRow, tables: Published) -> dict[str, Any]:
    link = _link(row, tables)
    values = row.name, row.email, row.type, link.shown if link else None, row.observed_at
    return dict(zip(COLUMNS, values, strict=True))
