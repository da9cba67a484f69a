"""Is the data folder that this process works in still at its place?

A share that goes away in mid-run leaves an empty folder or another disk behind. Nothing may grow
there, and what is missing there is not lost: whoever makes a folder, opens the warehouse or misses
a file asks here first. Outside of :func:`held` all folders count as present.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rowkeeper.core.disk.own import refuse_links
from rowkeeper.core.errors import DiskError


@dataclass(frozen=True)
class _Mark:
    """Two files of the folder that are there as long as it is.

    ``lock`` is known by its number; a disk may number its files anew, so ``identity`` with the same
    bytes as before will do.
    """

    lock: Path
    number: tuple[int, int]
    identity: Path | None
    content: bytes

    @classmethod
    def of(cls, lock: Path, identity: Path | None) -> "_Mark":
        return cls(lock, _number(lock), identity, identity.read_bytes() if identity else b"")

    def is_there(self) -> bool:
        with suppress(OSError):
            if _number(self.lock) == self.number:
                return True
        with suppress(OSError):
            return self.identity is not None and self.identity.read_bytes() == self.content
        return False


def _number(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_dev, facts.st_ino


_held: dict[Path, _Mark] = {}


@contextmanager
def held(folder: Path, lock: Path, identity: Path | None) -> Iterator[None]:
    """Work in ``folder``, which has the file ``lock`` until the end, and ``identity`` if given.

    Whatever goes wrong while the folder is not at its place, that is the reason: raises
    ``DiskError``, also where nothing else did.
    """
    place = folder.absolute()
    known = _held[place] = _Mark.of(lock, identity)
    try:
        yield
    except Exception as error:
        if known.is_there():
            raise
        raise gone(folder) from error
    finally:
        _held.pop(place, None)
    if not known.is_there():
        raise gone(folder)


def require(path: Path) -> None:
    """Raises ``DiskError`` if ``path`` is in a data folder that has gone away."""
    whole = path.absolute()
    for folder, mark in tuple(_held.items()):
        if whole.is_relative_to(folder) and not mark.is_there():
            raise gone(folder)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it; none in a data folder that has gone away, and none
    through a link in it.

    Raises ``DiskError`` then, and ``OSError``.
    """
    require(folder)
    whole = folder.absolute()
    for held_folder in tuple(_held):
        if whole.is_relative_to(held_folder):
            refuse_links(held_folder, whole)
    folder.mkdir(parents=True, exist_ok=True)


def gone(folder: Path) -> DiskError:
    """What is said of a data folder that was there when the command began."""
    return DiskError(
        f"The data folder {folder} went away while this worked in it (its disk was unmounted, or "
        "it was moved): mount it again, then run again; nothing that was acknowledged is lost."
    )
