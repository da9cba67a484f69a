"""When two names are one file: as a disk compares them, and by the identity of the file itself."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

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
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


KEPT_ELSEWHERE = "A sync service keeps the file elsewhere: let it come back, then try again."


def placeholder(path: Path) -> Path:
    """What iCloud leaves in the place of a file that it keeps elsewhere."""
    return path.with_name(f".{path.name}.icloud")


def is_placeholder(name: str) -> bool:
    """Is it the name of one?"""
    return name.startswith(".") and name.endswith(".icloud")


def is_systems(name: str) -> bool:
    """Is it a name that systems and office programs give to files of their own making?"""
    return name.startswith(("._", "~$", ".~lock.", ".fuse_hidden", ".nfs")) or name.casefold() in {
        ".ds_store",
        "thumbs.db",
        "desktop.ini",
        ".directory",
        ".localized",
    }
