"""Each cell of the sources against the tables, and a sum for each file."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rowkeeper.catalogue.built import require_built
from rowkeeper.core.csv.ignoring import idle_rules
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.migration.export.warehouse import LoadedFile, read_files
from rowkeeper.migration.reconcile.cells import check_row
from rowkeeper.migration.reconcile.claims import claim_faults, read_claims
from rowkeeper.migration.reconcile.deep import deep_legacy, deep_older, deep_snapshot
from rowkeeper.migration.reconcile.differences import FAULTS, Difference, wrong
from rowkeeper.migration.reconcile.history import history_faults
from rowkeeper.migration.reconcile.marts import mart_faults
from rowkeeper.migration.reconcile.modelled import modelled_faults
from rowkeeper.migration.reconcile.proof import (
    MISLOADED,
    NONE,
    legacy_proof,
    sheet_proof,
    unknown_columns,
)
from rowkeeper.migration.reconcile.published import read_published
from rowkeeper.migration.reconcile.rows import (
    SourceRow,
    Tables,
    read_raw,
    read_rows,
    read_snapshot,
    read_tables,
)
from rowkeeper.migration.reconcile.source import legacy_faults, sheet_faults
from rowkeeper.migration.reconcile.strays import stray_lines_of, stray_rows
from rowkeeper.workspace.context import Context


@dataclass(frozen=True)
class FileSum:
    """What became of the rows of one file. ``quarantined``: reason -> rows; ``to_mend``: how many
    of them somebody has to mend.

    ``proof`` says by what raw is known to hold the whole file. ``differences``: kind -> cells.
    ``unknown_columns``: title of a column that nobody knows -> its filled cells, which raw keeps.
    ``notice``: what was assumed of its encoding, of a sheet in whole sentences. ``compared_with``:
    by ``--deep``.
    """

    source: str
    file: str
    file_id: str
    rows_in: int
    used: int
    repeats: int
    quarantined: dict[str, int]
    to_mend: dict[str, int]
    unaccounted: int
    closed: bool
    proof: str
    differences: dict[str, int]
    unknown_columns: dict[str, int] = field(default_factory=dict)
    compared_with: str = ""
    notice: str = ""


@dataclass(frozen=True)
class Reconciliation:
    """All sums and all differences. ``complete``: every sum closes, nothing is lost or wrong."""

    files: list[FileSum]
    differences: list[Difference]
    older_snapshots: dict[str, int] = field(default_factory=dict)
    """What ``--deep`` held older snapshots of the sheet against -> how many."""
    idle_rules: list[str] = field(default_factory=list)
    """The rules of ``legacy_csv.ignore`` that leave out no row."""

    @property
    def complete(self) -> bool:
        faulty = any(difference.kind in FAULTS for difference in self.differences)
        return not faulty and all(file.closed and file.proof != NONE for file in self.files)


def reconcile(context: Context, *, deep: bool = False) -> Reconciliation:
    """Compare everything; ``deep``: the raw rows with their files too.

    Raises ``WarehouseError`` if nothing is built yet.
    """
    data_dir = context.settings.data_dir
    older: dict[str, int] = {}
    sums: list[FileSum] = []
    differences: list[Difference] = []
    with connect(context.target, read_only=True) as warehouse:
        require_built(context, warehouse)
        tables = read_tables(warehouse, context.target.schema)
        files = read_files(warehouse)
        in_files = data_dir if deep else None
        parts = [_legacy_file(warehouse, file, tables, in_files) for file in files]
        if snapshot := read_snapshot(warehouse):
            parts.insert(0, _sheet(warehouse, snapshot, tables, data_dir, deep=deep))
            if deep:
                older, differences = deep_older(warehouse, snapshot["snapshot_id"], data_dir)
        idle = idle_rules(warehouse, context.settings.legacy_csv.ignore)
        published = read_published(warehouse, context.target.schema)
        across = [*mart_faults(published), *history_faults(published)]
        across += claim_faults(read_claims(warehouse, published), published)
        across += modelled_faults(warehouse, context.target, published)
    for file_sum, own in parts:
        sums.append(file_sum)
        differences += own
    return Reconciliation(sums, differences + across, older, idle)


def _legacy_file(
    warehouse: Warehouse, file: LoadedFile, tables: Tables, data_dir: Path | None
) -> tuple[FileSum, list[Difference]]:
    rows = read_rows(warehouse, file.file_sha256, is_sheet=False)
    differences = [item for row in rows for item in check_row(file.file_name, row, tables)]
    raw = read_raw(warehouse, file.file_sha256, is_sheet=False)
    differences += legacy_faults(file.file_name, file.header_text, raw, file.delimiter or ",")
    differences += stray_rows(file.file_name, rows)
    held_against, deep = deep_legacy(warehouse, file, data_dir) if data_dir else ("", [])
    differences += deep
    proof = legacy_proof(file, rows)
    place = ("legacy_csv", file.file_name, file.file_sha256)
    found_sum = _sum(place, file.row_count, rows, proof, differences)
    unknown = unknown_columns(file, rows)
    found_sum = replace(found_sum, notice=file.notice or "", compared_with=held_against)
    return replace(found_sum, unknown_columns=unknown), differences


def _sheet(
    warehouse: Warehouse, snapshot: dict[str, Any], tables: Tables, data_dir: Path, *, deep: bool
) -> tuple[FileSum, list[Difference]]:
    rows = read_rows(warehouse, snapshot["snapshot_id"], is_sheet=True)
    name = snapshot["source"]
    differences = [item for row in rows for item in check_row(name, row, tables)]
    raw = read_raw(warehouse, snapshot["snapshot_id"], is_sheet=True)
    differences += sheet_faults(name, raw)
    snapshot_id, held_against = snapshot["snapshot_id"], ""
    if deep:
        held_against, differing = deep_snapshot(warehouse, snapshot, data_dir)
        differences += differing
    if snapshot.get("notice"):
        differences += stray_lines_of(name, snapshot.get("source_sha256"), data_dir)
    proof = sheet_proof(snapshot, rows)
    if proof == MISLOADED:
        reason = "raw has other cells than the file, whose bytes are those that were loaded"
        differences.append(wrong((name, 0), "", "", snapshot["source_sha256"], "", reason))
    found_sum = _sum(("sheet", name, snapshot_id), snapshot["row_count"], rows, proof, differences)
    said = snapshot.get("notice") or ""
    return replace(found_sum, notice=said, compared_with=held_against), differences


def _sum(
    place: tuple[str, str, str],
    rows_in: int,
    rows: Sequence[SourceRow],
    proof: str,
    differences: Sequence[Difference],
) -> FileSum:
    counts = Counter(row.disposition for row in rows)
    reasons = Counter(_kind(row.reason) for row in rows if row.disposition == "quarantined")
    to_mend = Counter(_kind(row.reason) for row in rows if row.needs_mending)
    accounted = counts["used"] + counts["repeat"] + counts["quarantined"]
    return FileSum(
        *place,
        rows_in=rows_in,
        used=counts["used"],
        repeats=counts["repeat"],
        quarantined=dict(sorted(reasons.items())),
        to_mend=dict(sorted(to_mend.items())),
        unaccounted=rows_in - accounted,
        closed=rows_in == accounted == len(rows),
        proof=proof,
        differences=dict(sorted(Counter(item.kind for item in differences).items())),
    )


def _kind(reason: str | None) -> str:
    """A reason without its names and numbers, so that rows with the same one are counted."""
    return re.sub(r"\d+", "N", (reason or "no reason").partition(": ")[0])
