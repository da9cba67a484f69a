"""The five phases of the move, derived from the data: which one holds, and what blocks the next."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from rowkeeper.catalogue.publish import publish_what_is_newer, published_path
from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.core.errors import StoreError, UsageError
from rowkeeper.core.identity import compare_key
from rowkeeper.core.warehouse import Target, Warehouse, connect
from rowkeeper.migration.csv_archive import is_archived
from rowkeeper.migration.export.comparison import refusal
from rowkeeper.migration.export.export import (
    DUAL_WRITE_GENERATION,
    dual_write_path,
    export_csv,
    find_losses,
)
from rowkeeper.migration.export.warehouse import read_files
from rowkeeper.migration.reconcile.proof import CHANGED
from rowkeeper.migration.reconcile.reconcile import FileSum, Reconciliation, reconcile
from rowkeeper.workspace.context import Context

SOURCES = """
select
    (select count(*) from raw.sheet_snapshots) as sheets,
    (select count(*) from raw.legacy_csv_files) as files
"""
STATE = """
select
    (select count(*) from raw._dlt_loads where status = 0),
    (select count(*) from raw.asset_events)
"""
QUARANTINED = """
select distinct name, email from {schema}.quarantine where needs_mending
"""
PEOPLE = "select name, email from {schema}.people"
WORK = """
select
    (select count(*) from {state}.pending_downloads) as downloads,
    (select count(*) from {state}.pending_uploads) as uploads,
    (select count(*) from {schema}.assets where is_wanted and verdict = 'needs_person') as needing,
    (select count(*) from {schema}.assets where is_wanted and archived_by = 'legacy') as claimed
"""


class Sources(NamedTuple):
    """How many snapshots and files are loaded."""

    sheets: int
    files: int


class NamedPerson(NamedTuple):
    """A person by what people know them by."""

    name: str | None
    email: str | None


class Work(NamedTuple):
    """How many assets wait for what."""

    downloads: int
    uploads: int
    needing: int
    claimed: int


@dataclass(frozen=True)
class Phase:
    """A phase, what it is for, and what is still to do before it is done; each a sentence."""

    name: str
    purpose: str
    blockers: tuple[str, ...]


def find_phases(context: Context) -> list[Phase]:
    """The five phases in order. The first with blockers is the one that holds.

    Raises ``WarehouseError`` if nothing is built yet.
    """
    reconciled = reconcile(context)
    if context.target.type == "duckdb":
        publish_what_is_newer(context)  # what dbt has built by itself is published by who asks
    try:
        archived, store_fault = is_archived(context), None
    except UsageError:
        archived, store_fault = False, None
    except StoreError as error:
        archived, store_fault = False, str(error)
    with connect(context.target, read_only=True) as warehouse:
        newest = {file.file_path: file.file_sha256 for file in reversed(read_files(warehouse))}
        changed = [
            f for f in reconciled.files if f.proof == CHANGED and f.file_id in newest.values()
        ]
        foundation = _foundation(warehouse, reconciled, changed)
        read = _read(context.target, warehouse)
        cloud = _cloud(warehouse)
    return [
        Phase("foundation", "Everything is loaded and every row accounted for.", foundation),
        Phase("dual-write", "Each run also writes the CSV.", _dual_write(context, archived)),
        Phase("read", "People read the tables instead of the CSV.", read),
        Phase("cloud", "Every asset has a verified place in the store.", cloud),
        Phase(
            "deprecation",
            "The CSV is archived and no longer written.",
            _deprecation(context, archived, store_fault, changed),
        ),
    ]


def _foundation(
    warehouse: Warehouse, reconciled: Reconciliation, changed: list[FileSum]
) -> tuple[str, ...]:
    (loaded,) = warehouse.records(Sources, SOURCES)
    open_sums = [file.file for file in reconciled.files if not file.closed]
    said = []
    if not loaded.sheets:
        said.append("No sheet is loaded: set sheet.source, then rowkeeper run.")
    if not loaded.files:
        said.append("No legacy CSV is loaded: set legacy_csv.paths, then rowkeeper run.")
    if open_sums:
        said.append(f"The sum of {', '.join(open_sums)} does not close: rowkeeper reconcile.")
    elif not reconciled.complete:
        said.append("Cells of the sources are in no table: rowkeeper reconcile.")
    said += [f"{f.file} has changed since it was loaded: rowkeeper run." for f in changed]
    return tuple(said)


def _dual_write(context: Context, archived: bool) -> tuple[str, ...]:
    settings = context.settings.legacy_csv
    if not settings.dual_write:
        return () if archived else ("It is off: set legacy_csv.dual_write = true.",)
    path = dual_write_path(context)
    if not path.is_file():
        return (f"{path} is not there yet: rowkeeper run.",)
    made = export_csv(context, DUAL_WRITE_GENERATION, whole=True)
    if path.read_bytes() == made.export.data:
        return ()
    said = [f"{path} is not what the tables say: rowkeeper run; nobody else may write it."]
    if not settings.accept_losses and (losses := find_losses(context, made, path).losses):
        said.append(refusal(path, losses))
    return tuple(said)


def _read(target: Target, warehouse: Warehouse) -> tuple[str, ...]:
    said = []
    if target.type == "duckdb":
        path = published_path(target)
        if not path.is_file():
            said.append("No catalogue is published for readers: rowkeeper run.")
        else:
            with connect(replace(target, path=str(path)), read_only=True) as published:
                if published.query(STATE) != warehouse.query(STATE):
                    said.append("The published catalogue is behind: rowkeeper run.")
    known = {_keys(person) for person in warehouse.records(NamedPerson, PEOPLE)}
    quarantined = warehouse.records(NamedPerson, QUARANTINED)
    missing = {_keys(person) for person in quarantined} - known - {("", "")}
    if missing:
        said.append(
            f"{len(missing)} people of the sources are in no table: mend the rows that are in "
            "quarantine, in the sheet; or rowkeeper migrate accept, or legacy_csv.ignore."
        )
    return tuple(said)


def _keys(person: NamedPerson) -> tuple[str, str]:
    return _key(person.name), _key(person.email)


def _key(cell: str | None) -> str:
    return "" if is_nothing(cell) else compare_key(cell)


def _cloud(warehouse: Warehouse) -> tuple[str, ...]:
    (work,) = warehouse.records(Work, WORK)
    said = []
    if work.downloads:
        said.append(f"{work.downloads} assets are to be downloaded: rowkeeper run.")
    if work.uploads:
        said.append(f"{work.uploads} assets are to be uploaded: rowkeeper run.")
    if work.needing:
        said.append(
            f"{work.needing} assets need a person, for access or a repair: rowkeeper status."
        )
    if work.claimed:
        said.append(
            f"{work.claimed} assets were archived by the old system, as the CSV says, and were "
            "never checked: rowkeeper store adopt --hash, or rowkeeper migrate adopt their files."
        )
    return tuple(said)


def _deprecation(
    context: Context, archived: bool, store_fault: str | None, changed: list[FileSum]
) -> tuple[str, ...]:
    said = []
    if store_fault:
        said.append(store_fault)
    elif not archived:
        said.append("The CSVs are not in the store: rowkeeper migrate archive.")
    if context.settings.legacy_csv.dual_write:
        said.append("The CSV is still written: set legacy_csv.dual_write = false.")
    said += [f"Somebody still writes {file.file}: stop the old system." for file in changed]
    return tuple(said)
