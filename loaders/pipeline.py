"""Load the sheet and the legacy CSVs into the raw tables of the warehouse, all or nothing a run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from loaders.batches import Batches, Rows, no_rows
from loaders.chain import number_snapshots
from loaders.clocks import clock_notices
from loaders.columns import WantedColumns
from loaders.destination import DATASET, pipelines_dir
from loaders.earlier_rows import drop_earlier_reading, missing_keys
from loaders.held import Loaded, loaded
from loaders.kept_loads import keep_loads, loads_dir, missing_loads
from loaders.legacy_evidence import EvidenceFile
from loaders.legacy_files import left_out, unread_tables
from loaders.legacy_reading import LegacyFile, load_legacy_csv, notices_of
from loaders.loader import Loader
from loaders.newer_rules import ReadAgain, read_again
from loaders.removals import Allowed, check_load, new_titles
from loaders.row_keys import RowIds, known_row_ids
from loaders.schemas import EVIDENCE, TABLES
from loaders.sheet import Snapshot, configured_sheet
from loaders.tables import add_legacy_file, add_snapshot
from rowkeeper.core.csv.ignoring import IDLE, idle_rules
from rowkeeper.core.disk.locks import lock_path
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.drain import create_tables
from rowkeeper.core.errors import BusyError, InputError
from rowkeeper.core.journal.formats import bring_forward
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.settings import Settings
from rowkeeper.core.text import harmless, some_of
from rowkeeper.core.warehouse import Target, connect

SOURCES = frozenset({"sheet_snapshots", "legacy_csv_files"})
"""The tables of raw of which one is there as soon as anything was loaded."""
LOCK_WAIT_S = 5.0


@dataclass(frozen=True)
class IngestSummary:
    """What an ingest read and what of it was new; ``load_id`` is None when nothing was loaded.

    ``new_columns``: the titles that the last load did not see; ``notices``: sentences on what was
    assumed of the sheet and the files; ``read_again``: what newer rules found in rows that were
    there.
    """

    load_id: str | None = None
    sheet_source: str | None = None
    tab: str | None = None
    sheet_rows: int = 0
    sheet_changed: bool = False
    new_columns: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    legacy_files: int = 0
    new_legacy_files: tuple[str, ...] = ()
    rows_loaded: dict[str, int] = field(default_factory=dict)
    read_again: ReadAgain = ReadAgain()  # noqa: RUF009 - it is frozen

    @property
    def changed(self) -> bool:
        return self.sheet_changed or bool(self.new_legacy_files)


@dataclass(frozen=True)
class Refilled:
    """How many kept loads were loaded, and what newer rules read again."""

    loads: int
    read_again: ReadAgain


def ingest(settings: Settings, target: Target) -> IngestSummary:
    """Read the configured sheet and legacy CSVs and load what the warehouse does not hold yet.

    Everything is read before anything is loaded, so a bad input leaves the warehouse as it was.
    Raises ``InputError``, ``SourceUnavailableError``, ``WarehouseError`` or ``BusyError``.
    """
    snapshot, files = _read(settings, keep_pages=True)
    with _loader(settings, target) as loader:
        _refill(loader, settings, target)
        ids = _row_ids(loader, target)
        rows = no_rows(loader.folder)
        held = loaded(target)
        said = clock_notices(held.observed_at, target)
        new_files = [file for file in files if not held.has_file(file)]
        notices = _add_if_new(rows, snapshot, held, settings, ids)
        for file in new_files:
            add_legacy_file(rows, file, ids)
        load_id = None
        if any(rows.values()) or not held.complete:
            load_id = loader.load(rows)
        with connect(target) as warehouse:
            reread = [f.file_sha256 for f in new_files if f.file_sha256 in held.files]
            if reread:
                drop_earlier_reading(warehouse, reread, str(load_id))
        again = read_again(loader, settings, target, ids)
        with connect(target) as warehouse:
            number_snapshots(warehouse)
            keep_loads(loads_dir(settings.data_dir), warehouse, _bytes_of(snapshot))
            said += [
                IDLE.format(rule=harmless(rule))
                for rule in idle_rules(warehouse, settings.legacy_csv.ignore)
            ]
    summary = _summary(settings, load_id, snapshot, notices, held, files, new_files, rows)
    return replace(summary, read_again=again, notices=(*said, *summary.notices))


def refill(
    settings: Settings,
    target: Target,
    damage: list[Finding] | None = None,
    *,
    every: bool = False,
) -> Refilled:
    """Load what earlier ingests kept and ``target`` has not; no source is read.

    ``every``: what it has is loaded again, which changes nothing that is there. Loads that are not
    as they were written go to ``damage``, if there is one. Raises as ``ingest``,
    ``JournalDamagedError``, and ``InputError`` where nothing was ever kept or loaded.
    """
    with _loader(settings, target) as loader:
        count = _refill(loader, settings, target, damage, every=every)
        with connect(target) as warehouse:
            if not SOURCES & warehouse.tables(DATASET):
                raise InputError(
                    f"{loads_dir(settings.data_dir)} has no kept load, so nobody knows of any "
                    "person: give the data folder its journal back, or begin with rowkeeper run."
                )
        again = read_again(loader, settings, target, _row_ids(loader, target))
        with connect(target) as warehouse:
            number_snapshots(warehouse)
        return Refilled(count, again)


def load_evidence(settings: Settings, target: Target, files: list[EvidenceFile]) -> None:
    """Load lists of the old system, each content once, and keep them. Raises as ``ingest`` does."""
    with _loader(settings, target) as loader:
        _refill(loader, settings, target)
        rows = no_rows(loader.folder)
        ids = _row_ids(loader, target)
        rows[EVIDENCE] = Batches(
            EVIDENCE,
            (row | {"row_id": ids.of(row["row_id"])} for file in files for row in file.rows),
            loader.folder,
        )
        loader.load(rows)
        with connect(target) as warehouse:
            keep_loads(loads_dir(settings.data_dir), warehouse)


@contextmanager
def _loader(settings: Settings, target: Target) -> Iterator[Loader]:
    folder = pipelines_dir(settings.data_dir, target.name)
    with ingest_lock(folder.parent):
        bring_forward(journal_dir(settings.data_dir))
        loader = Loader(folder, target)
        # locked or down, it says so here in its own words; what is open opens again for nothing
        with connect(target) as warehouse:
            create_tables(warehouse)
            loader.finish_pending()
            yield loader


def _refill(
    loader: Loader,
    settings: Settings,
    target: Target,
    damage: list[Finding] | None = None,
    *,
    every: bool = False,
) -> int:
    with connect(target) as warehouse:
        folder = loads_dir(settings.data_dir)
        loads = list(missing_loads(folder, warehouse, damage, every=every))
    for rows in loads:
        loader.load(rows)
    return len(loads)


def _row_ids(loader: Loader, target: Target) -> RowIds:
    """How the warehouse spells each row id; rows that an earlier version loaded get their keys."""
    with connect(target) as warehouse:
        ids = RowIds(known_row_ids(warehouse))
        missing = missing_keys(warehouse, ids)
    if any(missing.values()):
        loader.load(missing)
    return ids


def preview(settings: Settings, target: Target) -> IngestSummary:
    """What ``ingest`` would load now; nothing is written. Raises as it does."""
    snapshot, files = _read(settings, keep_pages=False)
    held = loaded(target)
    new_files = [file for file in files if not held.has_file(file)]
    notices = _add_if_new(no_rows(), snapshot, held, settings, RowIds())
    return _summary(settings, None, snapshot, notices, held, files, new_files, no_rows())


def _bytes_of(snapshot: Snapshot | None) -> dict[str, bytes]:
    """What the sheet was read from, by its SHA-256."""
    if snapshot is None or snapshot.source_bytes is None or snapshot.source_sha256 is None:
        return {}
    return {snapshot.source_sha256: snapshot.source_bytes}


def _summary(
    settings: Settings,
    load_id: str | None,
    snapshot: Snapshot | None,
    notices: tuple[str, ...] | None,
    held: Loaded,
    files: list[LegacyFile],
    new_files: list[LegacyFile],
    rows: Rows,
) -> IngestSummary:
    return IngestSummary(
        load_id=load_id,
        sheet_source=snapshot.source if snapshot else None,
        tab=harmless(snapshot.tab_title or snapshot.tab_gid) if snapshot else None,
        sheet_rows=len(snapshot.rows) if snapshot else 0,
        sheet_changed=notices is not None,
        new_columns=() if notices is None else _new_columns(snapshot, held),
        notices=(
            *(notices or ()),
            *(snapshot.notices if snapshot else ()),
            *(notice for file in files for notice in notices_of(file)),
            *_left_out(settings),
        ),
        legacy_files=len(files),
        new_legacy_files=tuple(str(file.path) for file in new_files),
        rows_loaded={table: len(rows[table]) for table in TABLES if rows[table]},
    )


def _left_out(settings: Settings) -> list[str]:
    """Sentences on what is not read in the folders of CSVs: files of others, and other tables."""
    said = []
    if paths := left_out(settings.legacy_csv.paths):
        names = some_of([path.name for path in paths], 3)
        said.append(f"Left out of the legacy CSVs, for no person keeps them: {names}.")
    if paths := unread_tables(settings.legacy_csv.paths):
        names = some_of([path.name for path in paths], 3)
        said.append(
            f"Not read, for of a folder only .csv and .tsv are: {names}. If one is a legacy CSV, "
            "name it in legacy_csv.paths, a workbook saved as CSV."
        )
    return said


def _new_columns(snapshot: Snapshot | None, held: Loaded) -> tuple[str, ...]:
    """The titles that the last load did not see; none where there was no load."""
    if snapshot is None or not held.sheet.titles:
        return ()
    return tuple(new_titles(held.sheet.titles, snapshot.columns.titles))


def _read(settings: Settings, *, keep_pages: bool) -> tuple[Snapshot | None, list[LegacyFile]]:
    """All inputs that the settings name, read and checked."""
    legacy = settings.legacy_csv
    files = load_legacy_csv(legacy.paths, legacy.columns, legacy.encoding, legacy.max_bytes)
    if not settings.sheet.source:
        return None, files
    return configured_sheet(settings, keep_pages=keep_pages), files


def _add_if_new(
    rows: Rows, snapshot: Snapshot | None, held: Loaded, settings: Settings, ids: RowIds
) -> tuple[str, ...] | None:
    """Add ``snapshot`` and say what it changes of people; None if it is held.

    Raises ``InputError`` if it lost what it may not lose.
    """
    if snapshot is None or held.has(snapshot):
        return None
    sheet = settings.sheet
    allowed = Allowed(sheet.max_removed, sheet.max_changed, tuple(sheet.lost_columns))
    notices = check_load(
        snapshot, held.sheet, allowed, WantedColumns.of(sheet.columns, sheet.row_id)
    )
    add_snapshot(rows, snapshot, held.link, ids)
    return notices


@contextmanager
def ingest_lock(folder: Path) -> Iterator[None]:
    """Keep other ingests out: dlt has no lock of its own."""
    make_folder(folder)
    path = folder / "ingest.lock"
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_path(path, LOCK_WAIT_S))
        except TimeoutError:
            raise BusyError(f"Another ingest holds {path}: wait until it has ended.") from None
        yield
