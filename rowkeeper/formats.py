"""The formats of what is written: which this rowkeeper knows, and the steps from an older one.

``journal/format.json`` holds those of the data folder, the journal and the kept loads, for they
move together; ``raw.rowkeeper_format`` that of the database. Without them it is format 1, which
knew of none. A newer format stops each command before it writes; an older one is brought forward
in steps that may be killed and done again.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rowkeeper import kept_files
from rowkeeper.errors import JournalDamagedError, NewerVersionError
from rowkeeper.journal import seal_anew
from rowkeeper.manifest import SEALED
from rowkeeper.paths import sync
from rowkeeper.segments import SUFFIX, is_old

if TYPE_CHECKING:
    from rowkeeper.warehouse import Warehouse

NAME = "format.json"
FORMATS = {"folder": 2, "journal": 2, "loads": 2}
DATABASE = 2
CREATE = (
    "create table if not exists raw.rowkeeper_format "
    "(format bigint primary key, since timestamptz default current_timestamp)"
)
THERE = (
    "select 1 from information_schema.tables "
    "where table_schema = 'raw' and table_name = 'rowkeeper_format'"
)


def check_formats(folder: Path) -> dict[str, int]:
    """The formats of the journal at ``folder`` and what belongs to it.

    Raises ``NewerVersionError`` if one is newer, ``JournalDamagedError`` if they can't be read.
    """
    path = folder / NAME
    if not path.exists():
        return dict.fromkeys(FORMATS, 1)
    try:
        found = {name: int(json.loads(path.read_bytes()).get(name, 1)) for name in FORMATS}
    except (ValueError, TypeError, AttributeError) as error:
        raise JournalDamagedError(
            f"{path} is damaged ({error}): rowkeeper journal salvage writes it anew."
        ) from None
    for name, number in found.items():
        if number > FORMATS[name]:
            raise _newer(f"The {name} of {folder.parent}", number, FORMATS[name])
    return found


def bring_forward(folder: Path) -> None:
    """Bring what is at ``folder`` to the newest formats, in steps. Raises as ``check_formats``."""
    found = check_formats(folder)
    for path in sorted((folder / SEALED).glob(f"*{SUFFIX}")):
        if is_old(path):  # also one that an old backup brought back
            seal_anew(path, folder)
    if found["loads"] < FORMATS["loads"]:
        kept_files.hash_all(folder)
    if found != FORMATS or not (folder / NAME).exists():
        write_formats(folder)


def write_formats(folder: Path) -> None:
    """Say that all is in the newest formats."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{NAME}.new"
    fresh.write_text(json.dumps(FORMATS))
    sync(fresh)
    fresh.replace(folder / NAME)
    sync(folder)


def check_database(warehouse: "Warehouse") -> int:
    """The format of a database. Raises ``NewerVersionError`` if it is newer."""
    if not warehouse.query(THERE):
        return 1
    ((number,),) = warehouse.query("select max(format) from raw.rowkeeper_format")
    if number is not None and number > DATABASE:
        raise _newer("The database", number, DATABASE)
    return int(number or 1)


def _newer(what: str, number: int, known: int) -> NewerVersionError:
    return NewerVersionError(
        f"{what} has format {number} and this rowkeeper knows {known}: a newer rowkeeper wrote it; "
        "upgrade, then run again. Nothing was written."
    )
