"""Which data folder this is: an id that is kept with its journal, and that the journal tells."""

import re
from pathlib import Path

from rowkeeper.core.disk.locks import locked
from rowkeeper.core.disk.names import refuse_evicted
from rowkeeper.core.disk.own import is_own_file, own_file, write_new
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.lines import unchecked
from rowkeeper.core.journal.manifest import SEALED
from rowkeeper.core.journal.segments import segments_in

FOLDER_ID = "folder.id"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOLD = re.compile(
    rb'"(?:folder_id|data_folder)":\s?"([0-9a-f-]{36})"|"store":"folder://([0-9a-f-]{36})/'
)
"""How reports and events name the data folder that they are of."""


def folder_id(data_dir: Path) -> str:
    """Which data folder this is: drawn once and kept with its journal, which it moves with.

    Where that file is lost or damaged, it is written anew as the journal tells it. Raises
    ``DiskError`` where a sync service keeps it elsewhere: another would be drawn.
    """
    if (path := known_folder(data_dir)) is None:
        path = data_dir / "journal" / FOLDER_ID
        make_folder(path.parent)
        _keep(path, told_id(path.parent) or new_id())
    return _id_in(path)


def known_id(data_dir: Path) -> str | None:
    """Which data folder is there already; None for none. Raises as :func:`folder_id`."""
    path = known_folder(data_dir)
    return _id_in(path) if path else told_id(data_dir / "journal")


def known_folder(data_dir: Path) -> Path | None:
    """The file that says which data folder this is; None where none was made yet.

    Raises as :func:`folder_id`.
    """
    before_it_was_kept_with_the_journal = data_dir / FOLDER_ID
    for path in (before_it_was_kept_with_the_journal, data_dir / "journal" / FOLDER_ID):
        refuse_evicted(path)
        if path.is_file() and _id_in(path):
            return path
    return None


def told_id(journal: Path) -> str | None:
    """The id of the data folder that a journal says it is of; None where it tells of none."""
    for path in (journal / "runs.jsonl", *segments_in(journal / SEALED)):
        try:
            lines = path.read_bytes().splitlines() if is_own_file(path) else []
        except OSError:
            continue
        for line in reversed(lines):
            body = unchecked(line)
            if body is not None and (found := _TOLD.search(body)):
                return (found[1] or found[2]).decode()
    return None


def _id_in(path: Path) -> str:
    """The id that a file holds; '' for one that a killed writer or a power cut left without."""
    text = path.read_bytes().decode("utf-8", "replace").strip()
    return text if _ID.fullmatch(text) else ""


def _keep(path: Path, folder_id: str) -> None:
    """Make ``path`` with this id; of several that do so at once the first one's stays."""
    fresh = path.with_name(f"{path.name}.{new_id()}")
    write_new(fresh, folder_id.encode())
    with own_file(path.with_name(f"{path.name}.lock")) as file, locked(file):
        if path.is_file() and _id_in(path):
            fresh.unlink()
        else:
            fresh.replace(path)
