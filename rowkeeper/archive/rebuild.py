"""The warehouse again, from the journal and the kept loads."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rowkeeper.core.errors import DamagedWarehouseError, InputError
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.journal import damaged, journal_dir
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from rowkeeper.archive.restore import Filled
    from rowkeeper.core.journal.segments import Finding


BEFORE = ".before-rebuild"
"""What a DuckDB file is called after a rebuild has made another; the next rebuild replaces it."""


@dataclass(frozen=True)
class Rebuilt:
    """From what it was made, and where the file is that was there."""

    filled: "Filled"
    aside: Path | None


def rebuild(context: Context) -> Rebuilt:
    """The caller holds the run's lock. Killed at any point, the next one goes on.

    Raises ``JournalDamagedError``, ``InputError`` if there is nothing to rebuild from, and
    ``WarehouseError``.
    """
    from rowkeeper.archive.restore import fill_tables

    _require_whole(context)
    aside = None
    if context.target.type == "duckdb":
        aside = _set_aside(Path(str(context.target.path)))
    else:
        with connect(context.target) as warehouse:
            _forget(warehouse, context)
    return Rebuilt(fill_tables(context, every=True), aside)


def _require_whole(context: Context) -> None:
    """Refuse to throw a warehouse away for a journal that has less."""
    from rowkeeper.core.journal.check import adopt, check
    from rowkeeper.core.journal.formats import bring_forward
    from rowkeeper.core.journal.journal import seal_abandoned, sealed_segments
    from rowkeeper.core.journal.kept_files import loads

    folder = journal_dir(context.settings.data_dir)
    folder_id(context.settings.data_dir)  # a lost one is written anew
    bring_forward(folder)
    seal_abandoned(folder)
    adopt(folder)
    findings = check(folder) + _not_kept(context)
    if findings:
        raise damaged(findings)
    if not sealed_segments(folder) and not loads(folder):
        raise InputError(
            f"{folder} has neither events nor kept loads, so there is nothing to rebuild from: "
            "give the data folder its journal back, or begin with rowkeeper run."
        )


def _not_kept(context: Context) -> "list[Finding]":
    """What a readable warehouse has and the journal has not; the loads are kept on the way."""
    from loaders.kept_loads import keep_loads, loads_dir
    from rowkeeper.archive.salvage import missing_here

    path = context.target.path
    if path is not None and not Path(path).exists():
        return []
    try:
        with connect(context.target) as warehouse:
            keep_loads(loads_dir(context.settings.data_dir), warehouse)
        return missing_here(context)
    except DamagedWarehouseError:
        return []


def _set_aside(path: Path) -> Path | None:
    """Give way to a new file; its log of writes goes with it."""
    if not path.exists():
        return None
    place = path.with_name(path.name + BEFORE)
    log = path.with_name(f"{path.name}.wal")
    for old in (place, place.with_name(f"{place.name}.wal")):
        old.unlink(missing_ok=True)
    path.rename(place)
    if log.exists():
        log.rename(place.with_name(f"{place.name}.wal"))
    return place


def _forget(warehouse: Warehouse, context: Context) -> None:
    """Let the next drain read every segment of this folder again."""
    from rowkeeper.core.drain import create_tables
    from rowkeeper.core.journal.journal import sealed_segments

    create_tables(warehouse)
    ours = list(sealed_segments(journal_dir(context.settings.data_dir)))
    warehouse.execute("delete from raw.journal_segments where segment_id = any(?)", [ours])
