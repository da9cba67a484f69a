"""Load the sheet and the legacy CSVs into the raw tables of the warehouse, all or nothing a run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from loaders.destination import DATASET, pipelines_dir
from loaders.kept_loads import keep_loads, loads_dir, missing_loads
from loaders.legacy_csv import LegacyFile, load_legacy_csv
from loaders.loader import Loader
from loaders.removals import check_removals, people_of
from loaders.sheet import Snapshot, configured_sheet
from loaders.tables import TABLES, Rows, add_legacy_file, add_snapshot, no_rows
from rowkeeper.errors import BusyError
from rowkeeper.settings import Settings
from rowkeeper.warehouse import Target, connect

LOCK_WAIT_S = 5.0


@dataclass(frozen=True)
class IngestSummary:
    """What an ingest read and what of it was new; ``load_id`` is None when nothing was loaded."""

    load_id: str | None = None
    sheet_source: str | None = None
    tab: str | None = None
    sheet_rows: int = 0
    sheet_changed: bool = False
    legacy_files: int = 0
    new_legacy_files: tuple[str, ...] = ()
    rows_loaded: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.sheet_changed or bool(self.new_legacy_files)


def ingest(settings: Settings, target: Target) -> IngestSummary:
    """Read the configured sheet and legacy CSVs and load what the warehouse does not hold yet.

    Everything is read before anything is loaded, so a bad input leaves the warehouse as it was.
    Raises ``InputError``, ``SourceUnavailableError``, ``WarehouseError`` or ``BusyError``.
    """
    snapshot, files = _read(settings, keep_pages=True)
    with _loader(settings, target) as loader:
        _refill(loader, settings, target)
        rows = no_rows()
        held = _held(target)
        new_files = [file for file in files if file.file_sha256 not in held.file_sha256s]
        for file in new_files:
            add_legacy_file(rows, file)
        changed = snapshot is not None and _add_if_changed(
            rows, snapshot, held, settings.sheet.max_removed
        )
        load_id = None
        if any(rows.values()) or not held.complete:
            load_id = loader.load(rows)
        with connect(target) as warehouse:
            keep_loads(loads_dir(settings.data_dir), warehouse)
    return _summary(load_id, snapshot, changed, files, new_files, rows)


def refill(settings: Settings, target: Target) -> None:
    """Load what earlier ingests kept and ``target`` has not; no source is read. Raises as above."""
    with _loader(settings, target) as loader:
        _refill(loader, settings, target)


@contextmanager
def _loader(settings: Settings, target: Target) -> Iterator[Loader]:
    folder = pipelines_dir(settings.data_dir, target.name)
    with ingest_lock(folder.parent):
        loader = Loader(folder, target)
        with connect(target):  # a warehouse that is locked or down says so here, in its own words
            pass
        loader.finish_pending()
        yield loader


def _refill(loader: Loader, settings: Settings, target: Target) -> None:
    with connect(target) as warehouse:
        loads = list(missing_loads(loads_dir(settings.data_dir), warehouse))
    for rows in loads:
        loader.load(rows)


def preview(settings: Settings, target: Target) -> IngestSummary:
    """What ``ingest`` would load now; nothing is written. Raises as it does."""
    snapshot, files = _read(settings, keep_pages=False)
    there = target.path is None or Path(target.path).exists()
    held = _held(target) if there else _Held()
    new_files = [file for file in files if file.file_sha256 not in held.file_sha256s]
    changed = snapshot is not None and _add_if_changed(
        no_rows(), snapshot, held, settings.sheet.max_removed
    )
    return _summary(None, snapshot, changed, files, new_files, no_rows())


def _summary(
    load_id: str | None,
    snapshot: Snapshot | None,
    changed: bool,
    files: list[LegacyFile],
    new_files: list[LegacyFile],
    rows: Rows,
) -> IngestSummary:
    return IngestSummary(
        load_id=load_id,
        sheet_source=snapshot.source if snapshot else None,
        tab=(snapshot.tab_title or snapshot.tab_gid) if snapshot else None,
        sheet_rows=len(snapshot.rows) if snapshot else 0,
        sheet_changed=changed,
        legacy_files=len(files),
        new_legacy_files=tuple(str(file.path) for file in new_files),
        rows_loaded={table: len(rows[table]) for table in TABLES if rows[table]},
    )


def _read(settings: Settings, *, keep_pages: bool) -> tuple[Snapshot | None, list[LegacyFile]]:
    """All inputs that the settings name, read and checked."""
    files = load_legacy_csv(settings.legacy_csv.paths, settings.legacy_csv.columns)
    if not settings.sheet.source:
        return None, files
    return configured_sheet(settings, keep_pages=keep_pages), files


@dataclass(frozen=True)
class _Held:
    """What completed loads left in raw. ``newest``: the last snapshot of any sheet, which holds:
    its source, tab gid, id and hash, and ``people`` of it: row id -> name."""

    complete: bool = False
    newest: tuple[str, str, str, str] = ("", "", "", "")
    file_sha256s: frozenset[str] = frozenset()
    people: Mapping[str, str] = field(default_factory=dict)


def _held(target: Target) -> _Held:
    """Ask the warehouse, never dlt's own state: either may have been deleted without the other."""
    completed = f"where _dlt_load_id in (select load_id from {DATASET}._dlt_loads where status = 0)"
    with connect(target, read_only=True) as warehouse:
        tables = {
            name
            for (name,) in warehouse.query(
                f"select table_name from information_schema.tables where table_schema = '{DATASET}'"
            )
        }
        if not {*TABLES, "_dlt_loads"} <= tables:
            return _Held()
        snapshots = warehouse.query(
            "select source, tab_gid, snapshot_id, content_sha256 "
            f"from {DATASET}.sheet_snapshots {completed} "
            "order by observed_at desc nulls last, snapshot_id desc limit 1"
        )
        files = warehouse.query(f"select file_sha256 from {DATASET}.legacy_csv_files {completed}")
        newest = next(iter(snapshots), _Held.newest)
        people = warehouse.query(
            f"select row_id, name from {DATASET}.sheet_rows where snapshot_id = ? "
            "and not coalesce(is_header, false) order by sheet_row",
            [newest[2]],
        )
    return _Held(
        complete=True,
        newest=newest,
        file_sha256s=frozenset(sha for (sha,) in files),
        people=people_of(people),
    )


def _add_if_changed(rows: Rows, snapshot: Snapshot, held: _Held, max_removed: float) -> bool:
    """Add ``snapshot`` unless the last one is of the same tab and says the same.

    Raises ``InputError`` if it would remove more than ``max_removed`` of the people.
    """
    source, gid, previous_id, content = held.newest
    if (source, gid, content) == (snapshot.source, snapshot.tab_gid, snapshot.content_sha256):
        return False
    check_removals(snapshot, held.people, max_removed)
    add_snapshot(rows, snapshot, previous_id)
    return True


@contextmanager
def ingest_lock(folder: Path) -> Iterator[None]:
    """Keep other ingests out: dlt has no lock of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "ingest.lock", timeout=LOCK_WAIT_S):
            yield
    except Timeout as error:
        raise BusyError(
            f"Another ingest holds {error.lock_file}: wait until it has ended."
        ) from error
