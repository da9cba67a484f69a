"""The order of the sheet's snapshots: each names the one before, and no clock is asked.

A snapshot's id follows from its content and from the id before it, so that of snapshots which were
loaded before they had numbers, too, it can be told which one each follows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loaders.destination import DATASET
from rowkeeper.core.text import sha256, to_json
from rowkeeper.core.warehouse import Warehouse

COLUMNS = {"previous_id", "snapshot_number"}
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ChainLink:
    """A snapshot in the chain: its id and its number, from 1; what comes before the first."""

    snapshot_id: str = ""
    number: int = 0


def snapshot_id_of(previous_id: str, source: str, tab_gid: str, content_sha256: str) -> str:
    """The id of the snapshot that follows ``previous_id``, which is '' for the first."""
    return sha256(to_json((previous_id, source, tab_gid, content_sha256)))[:32]


def numbers(snapshots: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Snapshot id -> its number, for rows of ``raw.sheet_snapshots`` of any version.

    One that follows none of them comes after those that its clock says are earlier: that is all
    that is left to go by.
    """
    rows = {row["snapshot_id"]: row for row in snapshots}
    numbered = {name: n for name, row in rows.items() if (n := row.get("snapshot_number"))}
    left = {name: _previous(rows[name], rows) for name in rows.keys() - numbered.keys()}
    placed: dict[str, int] = {}
    while left:
        ready = [name for name, before in left.items() if before == "" or before in numbered]
        if not ready:
            lost = [name for name, before in left.items() if before is None] or list(left)
            first = min(lost, key=lambda name: (rows[name]["observed_at"] or EARLIEST, name))
            number = max(placed.values(), default=0) + 1
            numbered[first] = placed[first] = number
            left.pop(first)
        for name in ready:
            before = left.pop(name)
            numbered[name] = placed[name] = numbered.get(str(before), 0) + 1
    return numbered


def _previous(row: Mapping[str, Any], rows: Mapping[str, Any]) -> str | None:
    """The id of the snapshot before; None if it is none of these."""
    facts = (row["source"], row["tab_gid"] or "", row["content_sha256"])
    return next(
        (name for name in ("", *rows) if snapshot_id_of(name, *facts) == row["snapshot_id"]), None
    )


def newest_of(numbered: Mapping[str, int]) -> ChainLink:
    """The last snapshot of a chain; of two that follow the same one, that of the greater id."""
    number, name = max(((number, name) for name, number in numbered.items()), default=(0, ""))
    return ChainLink(name, number)


def number_snapshots(warehouse: Warehouse) -> None:
    """Write down the numbers of snapshots that an earlier version loaded, in one transaction."""
    if not warehouse.columns(DATASET, "sheet_snapshots") >= COLUMNS:
        return
    rows: list[dict[str, Any]] = warehouse.records(dict, f"select * from {DATASET}.sheet_snapshots")
    known = {row["snapshot_id"] for row in rows if row["snapshot_number"]}
    if len(known) == len(rows):
        return
    number_of, by_id = numbers(rows), {row["snapshot_id"]: row for row in rows}
    with warehouse.transaction():
        for name in by_id.keys() - known:
            warehouse.execute(
                f"update {DATASET}.sheet_snapshots set snapshot_number = ?, previous_id = ? "
                "where snapshot_id = ?",
                [number_of[name], _previous(by_id[name], by_id), name],
            )
