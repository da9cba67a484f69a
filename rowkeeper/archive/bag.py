"""What a bag of the archive holds: the files, and the tables that say whose they are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rowkeeper.archive.bag_files import clean
from rowkeeper.archive.retrieve import INDEX, Retrieved
from rowkeeper.core import clock
from rowkeeper.core.csv.written import guarded_csv
from rowkeeper.core.files import write_whole
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.paths import sha256_file
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection

ARCHIVE, TABLES = "archive", "tables"
"""Below the payload: the files as ``rowkeeper restore`` writes them, and the tables."""
OWNERS = {
    "people": "row_id",
    "assets": "person_row_id",
    "asset_versions": "person_row_id",
    "person_content": "row_id",
    "download_sessions": None,
}
"""Table -> the column that names the person."""


@dataclass(frozen=True)
class Owned:
    """A row of a table, to be selected by its person."""

    row_id: str
    cells: Sequence[Any]
    asset_kind: str = ""


def write_tables(context: Context, selection: Selection, folder: Path) -> dict[str, int]:
    """The tables as CSV; table -> its rows."""
    counts = {}
    with connect(context.target) as warehouse:
        for table, owner in OWNERS.items():
            sql = f"select * from {context.target.schema}.{table} order by 1, 2"
            columns, rows = warehouse.select(sql)
            if owner is not None:
                place = columns.index(owner)
                owned = selection.of([Owned(str(row[place]), row) for row in rows])
                rows = [tuple(row.cells) for row in owned]
            write_whole(folder / f"{table}.csv", _csv(columns, rows))
            counts[table] = len(rows)
    return counts


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    return guarded_csv(columns, ([_cell(value) for value in row] for row in rows))


def _cell(value: Any) -> str:
    """A value as text that is the same from both engines; '' for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def info(
    context: Context, done: Retrieved, counts: dict[str, int], people: str | None
) -> dict[str, str]:
    """What bag-info.txt says; bagit adds the Payload-Oxum."""
    whole = "everybody" if people is None else f"the row ids {people}"
    return {
        "External-Identifier": f"rowkeeper:{folder_id(context.settings.data_dir)}",
        "External-Description": f"The archive of {whole}, with the tables that say whose each is.",
        "Bagging-Date": clock.now().date().isoformat(),
        "Bag-Software-Agent": f"rowkeeper {version('rowkeeper')}, bagit.py {version('bagit')}",
        "People-Count": str(counts["people"]),
        "Asset-Count": str(counts["assets"]),
        "Archived-File-Count": str(len(done.hashes)),
        "Unarchived-Asset-Count": str(done.unarchived),
    }


def payload_hashes(folder: Path, done: Retrieved) -> dict[str, str]:
    """Remove what an earlier try left beside it; what the payload has to be, path -> SHA-256."""
    kept = {f"{ARCHIVE}/{path}": sha256 for path, sha256 in done.hashes.items()}
    written = [f"{ARCHIVE}/{INDEX}", *(f"{TABLES}/{table}.csv" for table in OWNERS)]
    clean(folder, {*kept, *written})
    return kept | {path: sha256_file(folder / path)[0] for path in written}
