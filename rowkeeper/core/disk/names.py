"""When two names are one file: as a disk compares them, and by the identity of the file itself."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from rowkeeper.core.errors import DiskError

Identity = tuple[int, int]


@dataclass(frozen=True)
class Naming:
    """How a disk compares names. ``is_exact``: by their bytes; else letters of either case, and
    accents composed or not, may be one name."""

    is_exact: bool = True

    def key(self, path: str) -> str:
        """A form that is the same for all spellings of ``path`` that the disk may take for one."""
        if self.is_exact:
            return path
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", path).casefold())
        return "/".join(part.rstrip(". ") or part for part in folded.split("/"))


def identity(path: Path) -> Identity | None:
    """Which file is at ``path``, whatever its spelling: device and inode; None for none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


KEPT_ELSEWHERE = "A sync service keeps the file elsewhere: let it come back, then try again."


def placeholder(path: Path) -> Path:
    """What iCloud leaves in the place of a file that it keeps elsewhere."""
    return path.with_name(f".{path.name}.icloud")


def is_placeholder(name: str) -> bool:
    """Is it the name of one?"""
    return name.startswith(".") and name.endswith(".icloud")


def evicted(path: Path) -> bool:
    """Is, in the place of the file at ``path``, only what iCloud leaves of it?"""
    try:
        return placeholder(path).exists() and not path.exists()
    except OSError:  # a name that is too long for one is none
        return False


def kept_by(name: str) -> str:
    """The name of the file that the placeholder ``name`` stands for."""
    return name.removeprefix(".").removesuffix(".icloud")


def refuse_evicted(path: Path) -> None:
    """Raise ``DiskError`` if a sync service keeps elsewhere what says what is here."""
    if evicted(path):
        raise DiskError(
            f"A sync service keeps {path} elsewhere, so what is here can't be known: let it come "
            "back, then run again; a data folder belongs on a disk of this machine."
        )


_SYSTEMS = frozenset(
    {
        *("thumbs.db", "desktop.ini", "lost+found", "system volume information", "$recycle.bin"),
        *("@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "__macosx"),
    }
)
_CONFLICT = re.compile(
    r"sync-conflict-\d|conflicted copy|[._-](?:case)?conflict(?:-\d|\.|$)"
    r"|[(\[][^)\]]*(?:confli[ct]|konflikt|конфликт|競合|冲突|衝突)[^)\]]*[)\]]",
    re.IGNORECASE,
)
"""In the names that sync services give to the other of two files, mostly between brackets and in
the language of the system: Syncthing, Dropbox, Nextcloud, ownCloud, Seafile, Synology, pCloud."""


def is_systems(name: str) -> bool:
    """Is it a name that systems, office programs and sync services give to what they keep: hidden
    ones, bins, earlier versions, the other of two files?"""
    return (
        name.startswith((".", "~")) or name.casefold() in _SYSTEMS or bool(_CONFLICT.search(name))
    )
