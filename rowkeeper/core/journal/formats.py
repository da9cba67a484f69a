"""The formats of what is written: which this rowkeeper knows, and the steps from an older one.

``journal/format.json`` holds those of the data folder, the journal and the kept loads, for they
move together; without it they have format 1, which knew of none. A newer format stops each command
before it writes; an older one is brought forward in steps that may be killed and done again. The
database has its own, in ``database_format``. The file ends in its checksum; those of the first
versions have none, and no newer format.
"""

import json
import re
from pathlib import Path

from rowkeeper.core.disk.names import refuse_evicted
from rowkeeper.core.disk.own import replace_whole, require_file
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.errors import JournalDamagedError, NewerVersionError
from rowkeeper.core.journal import kept_files
from rowkeeper.core.journal.journal import seal_anew
from rowkeeper.core.journal.lines import checked, unchecked
from rowkeeper.core.journal.manifest import SEALED
from rowkeeper.core.journal.segments import SEALED as SEALED_NAME
from rowkeeper.core.journal.segments import Finding, is_old, segments_in
from rowkeeper.core.text import from_json

NAME = "format.json"
FORMATS = {"folder": 3, "journal": 3, "loads": 2}
UNCHECKED = re.compile(rb'\{"folder": [1-3], "journal": [1-3], "loads": [12]\}')
"""What was written before the file had a checksum: nothing else without one is believed."""


def check_formats(folder: Path) -> dict[str, int]:
    """The formats of the journal at ``folder`` and what belongs to it.

    Raises ``NewerVersionError`` if one is newer, ``JournalDamagedError`` if they can't be read, and
    ``DiskError`` where a sync service keeps them elsewhere.
    """
    path = folder / NAME
    refuse_evicted(path)
    require_file(path)
    if not path.exists():
        return dict.fromkeys(FORMATS, 1)
    data = path.read_bytes()
    if unchecked(data) is None and not UNCHECKED.fullmatch(data):
        raise JournalDamagedError(
            f"{path} is damaged (its checksum does not fit): rowkeeper journal salvage writes it "
            "anew."
        )
    try:
        values = from_json(data)
        formats = {name: int(values.get(name, 1)) for name in FORMATS}
    except (ValueError, TypeError, AttributeError) as error:
        raise JournalDamagedError(
            f"{path} is damaged ({str(error)[:100]}): rowkeeper journal salvage writes it anew."
        ) from None
    for name, number in formats.items():
        if number > FORMATS[name]:
            raise NewerVersionError.of(f"The {name} of {folder.parent}", number, FORMATS[name])
    return formats


def format_findings(folder: Path) -> list[Finding]:
    """What is wrong with the file that says the formats. Raises ``NewerVersionError``, and
    ``DiskError`` as ``check_formats``."""
    refuse_evicted(folder / NAME)
    names = (SEALED_NAME.fullmatch(path.stem) for path in segments_in(folder / SEALED))
    if not (folder / NAME).exists() and any(names):
        words = "it is missing, which says the formats of all that is here; a run writes it anew"
        return [Finding(folder / NAME, None, words, lost=False)]
    try:
        check_formats(folder)
    except JournalDamagedError as error:
        return [Finding(folder / NAME, None, str(error), lost=False)]
    return []


def bring_forward(folder: Path) -> None:
    """Bring what is at ``folder`` to the newest formats, in steps. Raises as ``check_formats``."""
    formats = check_formats(folder)
    for path in segments_in(folder / SEALED):
        if is_old(path):  # also one that an old backup brought back
            seal_anew(path, folder)
    if formats["loads"] < FORMATS["loads"]:
        kept_files.hash_all(folder)
    if formats != FORMATS or not _is_checked(folder / NAME):
        write_formats(folder)


def write_formats(folder: Path) -> None:
    """Say that all is in the newest formats."""
    make_folder(folder)
    replace_whole(folder / NAME, checked(json.dumps(FORMATS).encode()[:-1]))


def _is_checked(path: Path) -> bool:
    return path.exists() and unchecked(path.read_bytes()) is not None
