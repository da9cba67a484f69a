"""What the disk of a folder can do: tried in a folder of its own there, which is removed again."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rowkeeper.core.disk.names import Naming

PREFIX = ".rowkeeper-probe-"
NAME = "Ångström"
SPELLINGS = ("ÅNGSTRÖM", "A\u030angstro\u0308m", f"{NAME}.")
"""What a disk takes for ``NAME`` that folds case, that composes accents, that strips an end."""


@dataclass(frozen=True)
class Abilities:
    """``locks``: of whole files (flock); ``byte_locks``: of ranges (fcntl), as DuckDB wants.

    ``folder_sync``: names in a folder are on the disk when it says so.
    """

    locks: bool
    byte_locks: bool
    folder_sync: bool
    naming: Naming

    @property
    def weaknesses(self) -> tuple[str, ...]:
        """What is weaker on this disk than on others, each a sentence without its end."""
        said = []
        if not self.locks:
            said.append("it has no locks, so nothing keeps two runs apart: start one at a time")
        if not self.folder_sync:
            said.append("it does not flush folders, so a power cut may undo what was just written")
        return tuple(said)


def probe(folder: Path) -> Abilities:
    """Try what the disk of ``folder``, which is there, can do. Raises ``OSError``."""
    place = Path(tempfile.mkdtemp(dir=folder, prefix=PREFIX))
    try:
        with (place / NAME).open("wb") as file:
            file.write(b"0")
            return Abilities(
                locks=_can(lambda: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)),
                byte_locks=_can(lambda: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)),
                folder_sync=_can(lambda: _sync(place)),
                naming=_naming(place),
            )
    finally:
        shutil.rmtree(place, ignore_errors=True)


def naming_of(folder: Path) -> Naming:
    """How the disk of ``folder``, which is there, compares names. Raises ``OSError``."""
    place = Path(tempfile.mkdtemp(dir=folder, prefix=PREFIX))
    try:
        (place / NAME).touch()
        return _naming(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what killed probes left in ``folder``."""
    with suppress(OSError):
        for path in folder.glob(f"{PREFIX}*"):
            shutil.rmtree(path, ignore_errors=True)


def _naming(place: Path) -> Naming:
    return Naming(is_exact=not any((place / name).exists() for name in SPELLINGS))


def _can(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
