"""``reconcile --deep``: each raw row against the bytes it was read from, and its kept load."""

import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]

from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.kept_files import SOURCES, loads
from rowkeeper.core.warehouse import LOADED, Warehouse
from rowkeeper.migration.export.warehouse import LoadedFile
from rowkeeper.migration.reconcile.deep_sheet import against_bytes
from rowkeeper.migration.reconcile.differences import Difference, wrong
from rowkeeper.migration.reconcile.rows import read_raw
from rowkeeper.migration.reconcile.sheet_bytes import sheet_bytes
from rowkeeper.migration.reconcile.source import Record, csv_records, file_data, is_same, row_faults

BY_FILE, BY_LOAD, BY_BYTES = "its file", "its kept load", "its kept bytes"
NOT_KEPT = ", for its bytes are not kept"
BY_NOTHING = "nothing, for no copy is left"
READ_ANEW = ("encoding", "delimiter", "layout")
"""How a legacy file was read: a later version may read the same bytes otherwise."""


def deep_legacy(
    warehouse: Warehouse, file: LoadedFile, data_dir: Path
) -> tuple[str, list[Difference]]:
    """What a legacy file's rows were compared with, and where they differ."""
    rows = read_raw(warehouse, file.file_sha256, is_sheet=False)
    data = file_data(Path(file.file_path), file.file_sha256)
    if data is not None:
        return BY_FILE, list(_against_file(file, data, rows))
    load = _kept(data_dir, file.file_sha256)
    if load is None or not _is_read_alike(load, file):
        return BY_NOTHING, []
    kept = _table(load, "legacy_csv_rows", "file_sha256", file.file_sha256)
    return BY_LOAD, list(_against_load(file.file_name, "line", rows, kept))


def deep_snapshot(
    warehouse: Warehouse, snapshot: dict[str, Any], data_dir: Path
) -> tuple[str, list[Difference]]:
    """As ``deep_legacy``, for a snapshot of the sheet: against its bytes, and its load."""
    snapshot_id, source = snapshot["snapshot_id"], snapshot["source"]
    rows = read_raw(warehouse, snapshot_id, is_sheet=True)
    faults = [item for row in rows for item in row_faults(source, row["sheet_row"], row)]
    data, is_in_file = sheet_bytes(source, snapshot.get("source_sha256"), data_dir)
    held_against = []
    if data is not None:
        held_against.append(BY_FILE if is_in_file else BY_BYTES)
        faults += against_bytes(snapshot, rows, data)
    if (load := _kept(data_dir, snapshot_id)) is not None:
        held_against.append(BY_LOAD if data is not None else BY_LOAD + NOT_KEPT)
        kept = _table(load, "sheet_rows", "snapshot_id", snapshot_id)
        faults += _against_load(source, "sheet_row", rows, kept)
    return " and ".join(held_against) or BY_NOTHING, faults


def deep_older(
    warehouse: Warehouse, newest_id: str, data_dir: Path
) -> tuple[dict[str, int], list[Difference]]:
    """The same for all snapshots but the newest: held against what -> how many, and differences."""
    sql = f"select * from raw.sheet_snapshots where snapshot_id != ? and {LOADED}"
    snapshots: list[dict[str, Any]] = warehouse.records(dict, sql, [newest_id])
    counts: Counter[str] = Counter()
    differences: list[Difference] = []
    for snapshot in snapshots:
        held_against, faults = deep_snapshot(warehouse, snapshot, data_dir)
        counts[held_against] += 1
        differences += faults
    return dict(counts), differences


def _against_file(file: LoadedFile, data: bytes, rows: Sequence[Record]) -> Iterator[Difference]:
    """Cell by cell. A line in another encoding than its file's is compared as bytes elsewhere."""
    preamble = file.preamble or ""
    text = data.decode(file.encoding, "surrogateescape").removeprefix(preamble)
    above = sum(1 for _ in io.StringIO(preamble, newline=""))
    records = list(csv_records(text, file.delimiter or ","))
    is_guarded = records[0][1][0].startswith("'") if records and records[0][1] else False
    wanted = {line + above: cells for line, cells in records[1:]}
    for row in rows:
        at = partial(wrong, (file.file_name, row["line"]))
        row_id, cells = row["row_id"] or "", wanted.pop(row["line"], None)
        held = json.loads(row["cells"] or "[]")
        if cells is None:
            yield at("", row_id, "", row["cells"], "the file has no row on this line")
        elif len(cells) != len(held):
            reason = "raw has another number of cells than the file"
            yield at("", row_id, len(cells), len(held), reason)
        elif not row.get("record_base64"):
            for number, (cell, kept) in enumerate(zip(cells, held, strict=True), 1):
                if not is_same([cell], [kept], is_guarded):
                    reason = "raw has another cell than the file, which was read again"
                    yield at(f"column {number}", row_id, cell, kept, reason)
    for line, cells in wanted.items():
        reason = "raw has not this row of the file"
        yield wrong((file.file_name, line), "", "", json.dumps(cells), "", reason)


def _against_load(
    file: str, line: str, rows: Sequence[Record], kept: dict[str, Record]
) -> Iterator[Difference]:
    """Value by value; a column that the load's version did not have yet says nothing."""
    for row in rows:
        at = partial(wrong, (file, row[line]))
        row_id, before = row["row_id"] or "", kept.pop(row["row_key"], None)
        if before is None:
            yield at("", row_id, "", row["cells"], "the kept load has not this row")
            continue
        for column, value in before.items():
            if value is not None and row.get(column) != value:
                reason = "raw says otherwise than the load that is kept beside the journal"
                yield at(column, row_id, value, row.get(column), reason)
    for record in kept.values():
        reason = "raw has not this row of the kept load"
        yield wrong((file, record[line]), "", record["row_id"] or "", record["cells"], "", reason)


def _kept(data_dir: Path, source: str) -> Path | None:
    """The kept load that has a file or a snapshot."""
    for load in loads(journal_dir(data_dir)):
        try:
            if source in json.loads((load / SOURCES).read_bytes()):
                return load
        except (OSError, ValueError):
            continue  # ``journal check`` tells of a damaged load
    return None


def _table(load: Path, table: str, column: str, source: str) -> dict[str, Record]:
    path = load / f"{table}.parquet"
    records: list[dict[str, Any]] = pq.read_table(path, filters=[(column, "=", source)]).to_pylist()
    return {record["row_key"]: record for record in records}


def _is_read_alike(load: Path, file: LoadedFile) -> bool:
    path = load / "legacy_csv_files.parquet"
    kept = pq.read_table(path, filters=[("file_sha256", "=", file.file_sha256)]).to_pylist()
    said = [(name, record.get(name)) for record in kept for name in READ_ANEW]
    return bool(kept) and all(value in (None, getattr(file, name)) for name, value in said)
