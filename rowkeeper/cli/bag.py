"""``rowkeeper export bag``: the archive and the tables as one BagIt bag."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from rowkeeper.archive.bag_files import PAYLOAD, begin, clean, finish, payload_name
from rowkeeper.archive.retrieve import INDEX, Retrieved, retrieve
from rowkeeper.cli.options import prepare, store_option, warehouse_options
from rowkeeper.cli.restore import complain, fill_tables, said
from rowkeeper.cli.terminal import console, plain
from rowkeeper.core.csv.guard import guard
from rowkeeper.core.files import write_whole
from rowkeeper.core.paths import folder_id, sha256_file
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import Selection, select

ARCHIVE, TABLES = "archive", "tables"
"""Below the payload: the files as ``rowkeeper restore`` writes them, and the tables."""
OWNERS = {
    "people": "row_id",
    "assets": "person_row_id",
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


@click.command("bag")
@click.option("--to", "folder", metavar="DIR", required=True, help="A new or an empty folder.")
@click.option("--people", metavar="ROWS", help="Only these row ids, such as 12,40-60.")
@store_option
@warehouse_options
def command(
    folder: str,
    people: str | None,
    store: str | None,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Write the archive and the tables as a BagIt bag, and validate it.

    It is made in DIR.unfinished and put at DIR when it is whole and valid; interrupted, the next
    call goes on from there. It needs the store and the journal, as rowkeeper restore.
    """
    context = prepare(target, data_dir=data_dir, store=store)
    out, place = console(), Path(folder).expanduser().absolute()
    selection = select(people=people)
    work = begin(place)
    with run_lock(context):
        fill_tables(context)
    done = retrieve(context, out, selection, work / PAYLOAD / ARCHIVE, payload_name)
    complain(done)
    counts = write_tables(context, selection, work / PAYLOAD / TABLES)
    hashes = _payload(work / PAYLOAD, done)
    finish(work, place, _info(context, done, counts, people), hashes)
    words = f"{said(done)} The bag {place} is valid: {len(done.hashes)} files of the archive."
    out.print(plain(words), markup=False, soft_wrap=True)


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
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([guard(_cell(value)) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


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


def _info(
    context: Context, done: Retrieved, counts: dict[str, int], people: str | None
) -> dict[str, str]:
    """What bag-info.txt says; bagit adds the Payload-Oxum."""
    whole = "everybody" if people is None else f"the row ids {people}"
    return {
        "External-Identifier": f"rowkeeper:{folder_id(context.settings.data_dir)}",
        "External-Description": f"The archive of {whole}, with the tables that say whose each is.",
        "Bagging-Date": datetime.now(UTC).date().isoformat(),
        "Bag-Software-Agent": f"rowkeeper {version('rowkeeper')}, bagit.py {version('bagit')}",
        "People-Count": str(counts["people"]),
        "Asset-Count": str(counts["assets"]),
        "Archived-File-Count": str(len(done.hashes)),
        "Unarchived-Asset-Count": str(done.unarchived),
    }


def _payload(folder: Path, done: Retrieved) -> dict[str, str]:
    """Remove what an earlier try left beside it; what the payload has to be, path -> SHA-256."""
    kept = {f"{ARCHIVE}/{path}": sha256 for path, sha256 in done.hashes.items()}
    written = [f"{ARCHIVE}/{INDEX}", *(f"{TABLES}/{table}.csv" for table in OWNERS)]
    clean(folder, {*kept, *written})
    return kept | {path: sha256_file(folder / path)[0] for path in written}
