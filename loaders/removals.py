"""The guard against a sheet that lost its people: a wrong tab, a filter, half a page."""

from collections.abc import Iterable, Mapping

from loaders.sheet import Snapshot
from rowkeeper.errors import InputError
from rowkeeper.text import trimmed

SHOWN = 3


def people_of(rows: Iterable[tuple[str | None, ...]]) -> dict[str, str]:
    """Row id -> name of the rows ``(row id, name)`` that have both."""
    named = ((trimmed(row_id or ""), trimmed(name or "")) for row_id, name in rows)
    return {row_id: name for row_id, name in named if row_id and name}


def check_removals(snapshot: Snapshot, before: Mapping[str, str], max_removed: float) -> None:
    """Raises ``InputError`` if more than the share ``max_removed`` of ``before`` would be gone.

    ``before`` is the people of the snapshot that holds: row id -> name.
    """
    now = people_of(
        (row.values["row_id"], row.values["name"]) for row in snapshot.rows if not row.is_header
    )
    gone = [row_id for row_id in before if row_id not in now]
    if not gone or len(gone) / len(before) <= max_removed:  # 29 of 100 are no more than 0.29
        return
    named = ", ".join(f"{row_id} ({before[row_id]})" for row_id in gone[:SHOWN])
    more = f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
    raise InputError(
        f"The sheet {snapshot.source}, tab {snapshot.tab_title or snapshot.tab_gid}, lacks "
        f"{len(gone)} of {len(before)} people: {named}{more}. Nothing was loaded: look at "
        "the sheet and sheet.tab; if they are to go, run once with --max-removed 1."
    )
