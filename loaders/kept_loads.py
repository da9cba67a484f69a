"""What was loaded, kept beside the journal: an empty warehouse is filled again without its sources.

A folder for what one load found new: a parquet file a table, and ``sources.json`` with the ids of
the sheet's snapshots, of the legacy files and of the lists that it holds. It appears whole or not
at all.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]

from loaders.destination import DATASET
from loaders.tables import EVIDENCE, SCHEMAS, Rows, TableName, as_arrow, no_rows
from rowkeeper.ids import new_id
from rowkeeper.paths import sync
from rowkeeper.warehouse import Warehouse

SOURCES = "sources.json"
COMPLETED = f"_dlt_load_id in (select load_id from {DATASET}._dlt_loads where status = 0)"
OF_SOURCES: dict[TableName, str] = {
    "sheet_snapshots": "snapshot_id = any(?)",
    "sheet_rows": "snapshot_id = any(?)",
    "legacy_csv_files": "file_sha256 = any(?)",
    "legacy_csv_rows": "file_sha256 = any(?)",
    "legacy_evidence": "file_sha256 = any(?)",
}
OF_ROWS = (
    f"row_key in (select row_key from {DATASET}.sheet_rows where snapshot_id = any(?) "
    f"union all select row_key from {DATASET}.legacy_csv_rows where file_sha256 = any(?))"
)


def loads_dir(data_dir: Path) -> Path:
    """Where the loads of a data folder are kept."""
    return data_dir / "journal" / "loads"


def keep_loads(folder: Path, warehouse: Warehouse) -> None:
    """Keep what ``warehouse`` holds and ``folder`` does not. Raises ``OSError``."""
    wanted = sorted(_held(warehouse) - {name for _, names in _kept(folder) for name in names})
    if wanted:
        _write(folder, wanted, _rows_of(warehouse, wanted))


def missing_loads(folder: Path, warehouse: Warehouse) -> Iterator[Rows]:
    """The kept loads of which ``warehouse`` lacks a source."""
    loads = list(_kept(folder))
    held = _held(warehouse) if loads else set()
    for load, names in loads:
        if not names <= held:
            rows = no_rows()
            for table in SCHEMAS:
                if (path := load / f"{table}.parquet").exists():  # a later version has more tables
                    rows[table] = pq.read_table(path).to_pylist()
            yield rows


def _kept(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    for path in sorted(folder.glob(f"*/{SOURCES}")):
        yield path.parent, set(json.loads(path.read_bytes()))


def _held(warehouse: Warehouse) -> set[str]:
    """The ids of the snapshots and the hashes of the files that completed loads left in raw."""
    tables = _tables(warehouse)
    if not {"sheet_snapshots", "legacy_csv_files", "_dlt_loads"} <= tables:
        return set()
    columns = {"sheet_snapshots": "snapshot_id", "legacy_csv_files": "file_sha256"}
    if EVIDENCE in tables:
        columns[EVIDENCE] = "file_sha256"
    ids = (f"select {name} from {DATASET}.{t} where {COMPLETED}" for t, name in columns.items())
    return {name for (name,) in warehouse.query(" union ".join(ids))}


def _tables(warehouse: Warehouse) -> set[str]:
    sql = "select table_name from information_schema.tables where table_schema = ?"
    return {name for (name,) in warehouse.query(sql, [DATASET])}


def _rows_of(warehouse: Warehouse, sources: list[str]) -> Rows:
    rows = no_rows()
    for table in SCHEMAS.keys() & _tables(warehouse):
        columns = SCHEMAS[table].names
        condition = OF_SOURCES.get(table, OF_ROWS)
        found = warehouse.query(
            f"select {', '.join(columns)} from {DATASET}.{table} where {condition}",
            [sources] * condition.count("?"),
        )
        if found or table != EVIDENCE:
            rows[table] = [dict(zip(columns, row, strict=True)) for row in found]
    return rows


def _write(folder: Path, sources: list[str], rows: Rows) -> None:
    name = new_id()
    part = folder / f"{name}.part"
    part.mkdir(parents=True)
    try:
        for table in rows:
            pq.write_table(as_arrow(table, rows), part / f"{table}.parquet")
        (part / SOURCES).write_text(json.dumps(sources))
        for path in (*part.iterdir(), part):
            sync(path)
        part.rename(folder / name)
        sync(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
