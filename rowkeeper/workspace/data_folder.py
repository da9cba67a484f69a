"""The data folder: what its disk can do, and whether it is the one that was there before.

A folder on a share that isn't mounted looks like a new one. Where this user's data folders are is
remembered beside the user's other state, so that none grows in another's place by the way.
"""

import json
from contextlib import suppress
from pathlib import Path

from rowkeeper.core.disk.faults import disk_error, no_byte_locks
from rowkeeper.core.disk.probe import probe, sweep
from rowkeeper.core.errors import DiskError
from rowkeeper.core.files import write_whole
from rowkeeper.core.journal.folder_id import known_id
from rowkeeper.core.settings import Settings
from rowkeeper.core.text import from_json, harmless, is_encodable, some_of
from rowkeeper.workspace.context import Context

SHOWN = 3
UNQUOTED = frozenset("%'?#\\")
"""In a path: dlt writes the first two into SQL as they are, dbt takes the path for a URL, and
DuckDB the last for another way to write a slash."""
REMEMBERED = "data-folders.json"


def check_disk(context: Context) -> tuple[str, ...]:
    """What is weaker on the data folder's disk than on others, in sentences.

    Raises ``DiskError`` if it can't be written, or can't hold the warehouse.
    """
    folder = context.settings.data_dir
    _check_path(context)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        disk = probe(folder)
    except OSError as error:
        raise disk_error(error) or _unusable(folder, error) from None
    if context.target.type == "duckdb" and not disk.byte_locks:
        raise no_byte_locks(folder)
    return tuple(f"The disk of {folder}: {words}." for words in disk.weaknesses)


def _check_path(context: Context) -> None:
    """Raises ``DiskError`` if not all that gets the data folder's path would take it as it is.

    dlt gets it with its links followed.
    """
    folder = context.settings.data_dir
    real = folder.resolve()
    # Python makes half characters of bytes of a name that are no UTF-8
    odd = "" if is_encodable(f"{folder}{real}") else "bytes that are no text"
    if context.target.type == "duckdb":
        odd = odd or " ".join(sorted(UNQUOTED & set(f"{folder}{real}")))
    if odd:
        leads = f", which leads to {real}," if real != folder else ","
        raise DiskError(
            f"The path of the data folder, {folder}{leads} has {odd} in it, which dlt, dbt or "
            "DuckDB take for something else: rename the folder, or choose another --data-dir."
        )


def strangers_said(context: Context) -> str | None:
    """A sentence on the files of others among segments and kept loads, if there are any."""
    from rowkeeper.core.journal.check import strangers
    from rowkeeper.core.journal.journal import journal_dir

    folder = journal_dir(context.settings.data_dir)
    if not (others := strangers(folder)):
        return None
    names = some_of([path.relative_to(folder).as_posix() for path in others], SHOWN)
    return f"Left alone in {folder}, for rowkeeper did not write them: {harmless(names)}."


def check_folder(settings: Settings) -> None:
    """Raises ``DiskError`` if another data folder was at this place before, or should be."""
    place, wanted = settings.data_dir, settings.disk.folder_id
    actual = known_id(place)
    if wanted and actual != wanted:
        there = f"is the data folder {actual}" if actual else "is no data folder"
        raise DiskError(
            f"{place} {there}, and disk.folder_id names {wanted}: mount its disk, or name the "
            "right folder by --data-dir; where this one is meant, take disk.folder_id out of the "
            "settings."
        )
    known = _remembered(settings)
    before = known.get(_key(place)) or known.get(str(place))
    if before and actual is None and not settings.disk.new_folder:
        raise DiskError(
            f"{place} held the data folder {before}, and nothing of it is there: mount its disk, "
            "or name the right folder by --data-dir; run with --new-folder to begin a new one in "
            "its place."
        )


def remember_folder(settings: Settings) -> None:
    """Remember which data folder is where; a state that can't be written forgets."""
    actual, known = known_id(settings.data_dir), _remembered(settings)
    key = _key(settings.data_dir)
    if actual is None or known.get(key) == actual:
        return
    data = json.dumps({**known, key: actual}, indent=1, sort_keys=True)
    with suppress(Exception):
        write_whole(_state(settings), data.encode())


def _key(place: Path) -> str:
    """What ``place`` is remembered by, whatever spelling or link it was reached by.

    Earlier versions wrote the path as it was given.
    """
    return str(place.resolve())


def _remembered(settings: Settings) -> dict[str, str]:
    """Folder -> its id; a user without a home remembers none."""
    try:
        remembered = from_json(_state(settings).read_bytes())
    except (OSError, ValueError, RuntimeError):
        return {}
    if not isinstance(remembered, dict):
        return {}
    return {place: name for place, name in remembered.items() if isinstance(name, str)}


def _state(settings: Settings) -> Path:
    """Raises ``RuntimeError`` for a user without a home, as in some containers."""
    if settings.disk.state_dir is not None:
        return settings.disk.state_dir / REMEMBERED
    from platformdirs import user_state_path

    return user_state_path("rowkeeper") / REMEMBERED


def _unusable(folder: Path, error: OSError) -> DiskError:
    return DiskError(
        f"{folder} can't be written ({error.strerror}): make it writable, or choose another "
        "--data-dir."
    )
