"""What was loaded, kept beside the journal: an empty warehouse is filled again without its sources.

A folder for what one load found new: a parquet file a table, and ``sources.json`` with the ids of
the sheet's snapshots, of the legacy files and of the lists that it holds. What a new snapshot was
read from is kept beside its rows, each content once. A load appears whole or not at all. A table
that it does not know, for it is older than the table, is empty.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from loaders.batches import BATCH, Batches, Rows, conformed, no_rows
from loaders.destination import DATASET
from loaders.schemas import EVIDENCE, SCHEMAS, TableName
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.writing import sync
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal import kept_files
from rowkeeper.core.journal.journal import damaged
from rowkeeper.core.journal.kept_files import SOURCES, adopt
from rowkeeper.core.journal.manifest import LOADS, read_manifest
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.warehouse import LOADED, Warehouse

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


def keep_loads(
    folder: Path, warehouse: Warehouse, read_from: Mapping[str, bytes] | None = None
) -> None:
    """Keep what ``warehouse`` holds and ``folder`` does not. Raises ``OSError``.

    ``read_from``: SHA-256 -> the bytes that a snapshot of the sheet was read from.
    """
    adopt(folder.parent)
    wanted = sorted(_held(warehouse) - {name for _, names in _kept(folder) for name in names})
    if wanted:
        _write(folder, wanted, warehouse, read_from or {})


def missing_loads(
    folder: Path,
    warehouse: Warehouse,
    damage: list[Finding] | None = None,
    *,
    every: bool = False,
) -> Iterator[Rows]:
    """The kept loads of which ``warehouse`` lacks a source; ``every``: all of them.

    What of a load is not as it was written is appended to ``damage``, and the tables that are whole
    are taken; without one it is raised as ``JournalDamagedError``.
    """
    known = read_manifest(folder.parent).entries
    loads = kept_files.loads(folder.parent)
    held = _held(warehouse) if loads and not every else set()
    for load in loads:
        findings = []
        try:
            if held and _sources(load) <= held:
                continue
            findings = list(kept_files.examine_load(load, known.get(f"{LOADS}/{load.name}")))
            if not findings or damage is not None:
                yield _read(load, {finding.path.name for finding in findings})
        except (OSError, ValueError, pa.ArrowException) as error:
            findings.append(Finding(load, None, f"this kept load can't be read ({error})"))
        if findings and damage is None:
            raise damaged(findings)
        if damage is not None:
            damage += findings


def _read(load: Path, without: set[str]) -> Rows:
    """The rows of a load, but for the files ``without``."""
    rows = no_rows()
    for table in SCHEMAS:
        path = load / f"{table}.parquet"
        if path.name not in without and path.exists():  # a later version has more tables
            rows[table] = kept = Batches(table, folder=load.parent)
            for batch in pq.ParquetFile(path).iter_batches(BATCH):
                kept.add_batch(batch)
    return rows


def _kept(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """The loads that can be read, and the sources that each holds."""
    for load in kept_files.loads(folder.parent):
        with suppress(OSError, ValueError):
            yield load, _sources(load)


def _sources(load: Path) -> set[str]:
    return set(json.loads((load / SOURCES).read_bytes()))


def _held(warehouse: Warehouse) -> set[str]:
    """The ids of the snapshots and the hashes of the files that completed loads left in raw."""
    tables = warehouse.tables(DATASET)
    if not {"sheet_snapshots", "legacy_csv_files", "_dlt_loads"} <= tables:
        return set()
    columns = {"sheet_snapshots": "snapshot_id", "legacy_csv_files": "file_sha256"}
    if EVIDENCE in tables:
        columns[EVIDENCE] = "file_sha256"
    ids = (f"select {name} from {DATASET}.{t} where {LOADED}" for t, name in columns.items())
    return set(warehouse.column(" union ".join(ids)))


def _write(
    folder: Path, sources: list[str], warehouse: Warehouse, read_from: Mapping[str, bytes]
) -> None:
    name = new_id()
    part = folder / f"{name}.part"
    make_folder(part)
    try:
        for table in sorted(SCHEMAS.keys() & warehouse.tables(DATASET)):
            _write_table(part / f"{table}.parquet", table, warehouse, sources)
        (part / SOURCES).write_text(json.dumps(sources))
        snapshots = pq.read_table(part / "sheet_snapshots.parquet", columns=["source_sha256"])
        for digest in set(snapshots["source_sha256"].to_pylist()) & read_from.keys():
            if not kept_files.find_bytes(folder.parent, digest):
                kept_files.write_bytes(part, digest, read_from[digest])
        kept_files.write_hashes(part)
        for path in (*part.iterdir(), part):
            sync(path)
        part.rename(folder / name)
        sync(folder)
        kept_files.note_load(folder.parent, folder / name)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _write_table(path: Path, table: TableName, warehouse: Warehouse, sources: list[str]) -> None:
    """Write what ``warehouse`` holds of the sources; evidence only where there is some."""
    schema, present = SCHEMAS[table], warehouse.columns(DATASET, table)
    columns = ", ".join(name for name in schema.names if name in present)
    condition = OF_SOURCES.get(table, OF_ROWS)
    sql = f"select {columns} from {DATASET}.{table} where {condition}"
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for batch in warehouse.batches(sql, [sources] * condition.count("?"), BATCH):
            writer.write_batch(conformed(batch, schema))
            count += batch.num_rows
    if table == EVIDENCE and not count:
        path.unlink()
