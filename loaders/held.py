"""What completed loads left in raw: the last look at the sheet, and the files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from loaders.chain import ChainLink, newest_of, numbers
from loaders.columns import COLUMNS
from loaders.destination import DATASET
from loaders.grid import tab_label
from loaders.legacy_reading import LegacyFile
from loaders.removals import HeldSheet, people_of
from loaders.schemas import SCHEMAS, TABLES
from loaders.sheet import Snapshot
from rowkeeper.core.text import to_json
from rowkeeper.core.warehouse import LOADED, Target, Warehouse, connect


@dataclass(frozen=True)
class Loaded:
    """``complete``: raw has all tables and columns. ``newest``: the last snapshot of any sheet,
    which holds: its source, tab gid, id and hash; ``link`` its place in the chain, ``observed_at``
    what the clock said; ``values``: whether each of its rows is of titles, and its texts; ``sheet``
    what the guard of the sheet compares."""

    complete: bool = False
    newest: tuple[str, str, str, str] = ("", "", "", "")
    link: ChainLink = ChainLink()  # noqa: RUF009 - it is frozen
    observed_at: datetime | None = None
    values: tuple[tuple[str, ...], ...] = ()
    sheet: HeldSheet = HeldSheet()  # noqa: RUF009 - it is frozen
    files: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)

    def has_file(self, file: LegacyFile) -> bool:
        """Whether ``file`` is there and was read as it is now.

        ``files``: hash -> its encoding and its layout, which earlier versions did not say.
        """
        encoding, layout = self.files.get(file.file_sha256, ("", None))
        return encoding == file.encoding and layout in (None, to_json(file.layout))

    def has(self, snapshot: Snapshot) -> bool:
        """Whether ``snapshot`` is of the same tab, says the same, and is read as it was.

        Settings, or a later release, may find other columns in the same cells.
        """
        source, gid, _, content = self.newest
        same = (source, gid, content) == (
            snapshot.source,
            snapshot.tab_gid,
            snapshot.content_sha256,
        )
        return same and self.values == tuple(
            (str(row.is_header), *_plain([row.values[name] for name in COLUMNS]))
            for row in snapshot.rows
        )


def _plain(values: list[str | None]) -> tuple[str, ...]:
    """Texts as both engines keep them: without NUL, and nothing for a column that is not there."""
    return tuple((value or "").replace("\0", "") for value in values)


def loaded(target: Target) -> Loaded:
    """Ask the warehouse, never dlt's own state: either may have been deleted without the other."""
    if target.path is not None and not Path(target.path).exists():
        return Loaded()
    with connect(target, read_only=True) as warehouse:
        wanted = {"sheet_snapshots", "sheet_rows", "legacy_csv_files", "_dlt_loads"}
        if not wanted <= warehouse.tables(DATASET):
            return Loaded()
        complete = has_all_columns(warehouse)
        snapshots = {row["snapshot_id"]: row for row in _loaded_rows(warehouse, "sheet_snapshots")}
        link = newest_of(numbers(snapshots.values()))
        files = {
            row["file_sha256"]: (row["encoding"], row.get("layout"))
            for row in _loaded_rows(warehouse, "legacy_csv_files")
        }
        if not snapshots:
            return Loaded(complete, files=files)
        row = snapshots[link.snapshot_id]
        newest = (row["source"], row["tab_gid"], row["snapshot_id"], row["content_sha256"])
        sheet = _sheet(warehouse, newest, row["tab_title"])
        at = row["observed_at"]
        return replace(sheet, complete=complete, files=files, link=link, observed_at=at)


def _loaded_rows(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    return warehouse.records(dict, f"select * from {DATASET}.{table} where {LOADED}")


def has_all_columns(warehouse: Warehouse) -> bool:
    """Whether raw has each table and column that is loaded; earlier versions had fewer."""
    return all(warehouse.columns(DATASET, table) >= set(SCHEMAS[table].names) for table in TABLES)


def _sheet(warehouse: Warehouse, newest: tuple[str, str, str, str], title: str | None) -> Loaded:
    names = ", ".join(COLUMNS)
    rows: list[dict[str, Any]] = warehouse.records(
        dict,
        f"select coalesce(is_header, false) as is_title_row, {names} from {DATASET}.sheet_rows "
        "where snapshot_id = ? order by sheet_row",
        [newest[2]],
    )
    cells = warehouse.column(
        f"select cells from {DATASET}.sheet_rows where snapshot_id = ? limit 1", [newest[2]]
    )
    titles = tuple(cell["title"] for cell in json.loads(cells[0])) if cells else ()
    held = HeldSheet(
        tab=tab_label(newest[1] or "", title or ""),
        people=people_of(
            (row["row_id"], row["name"], row["email"]) for row in rows if not row["is_title_row"]
        ),
        titles=titles,
        columns=frozenset(name for name in COLUMNS if any(row[name] for row in rows)),
    )
    values = tuple(
        (str(bool(row["is_title_row"])), *_plain([row[name] for name in COLUMNS])) for row in rows
    )
    return Loaded(newest=newest, values=values, sheet=held)
