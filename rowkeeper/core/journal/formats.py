"""The formats of what is written: which this rowkeeper knows, and the steps from an older one.

``journal/format.json`` holds those of the data folder, the journal and the kept loads, for they
move together; without it they have format 1, which knew of none. A newer format stops each command
before it writes; an older one is brought forward in steps that may be killed and done again. The
database has its own, in ``database_format``.
"""

import json
from pathlib import Path

from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.writing import sync
from rowkeeper.core.errors import JournalDamagedError, NewerVersionError
from rowkeeper.core.journal import kept_files
from rowkeeper.core.journal.journal import seal_anew
from rowkeeper.core.journal.manifest import SEALED
from rowkeeper.core.journal.segments import Finding, is_old, segments_in

NAME = "format.json"
FORMATS = {"folder": 3, "journal": 3, "loads": 2}


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
            raise NewerVersionError.of(f"The {name} of {folder.parent}", number, FORMATS[name])
    return found


def format_findings(folder: Path) -> list[Finding]:
    """What is wrong with the file that says the formats. Raises ``NewerVersionError``."""
    try:
        check_formats(folder)
    except JournalDamagedError as error:
        return [Finding(folder / NAME, None, str(error), lost=False)]
    return []


def bring_forward(folder: Path) -> None:
    """Bring what is at ``folder`` to the newest formats, in steps. Raises as ``check_formats``."""
    found = check_formats(folder)
    for path in segments_in(folder / SEALED):
        if is_old(path):  # also one that an old backup brought back
            seal_anew(path, folder)
    if found["loads"] < FORMATS["loads"]:
        kept_files.hash_all(folder)
    if found != FORMATS or not (folder / NAME).exists():
        write_formats(folder)


def write_formats(folder: Path) -> None:
    """Say that all is in the newest formats."""
    make_folder(folder)
    fresh = folder / f"{NAME}.new"
    fresh.write_text(json.dumps(FORMATS))
    sync(fresh)
    fresh.replace(folder / NAME)
    sync(folder)
