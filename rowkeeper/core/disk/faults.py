"""When this machine's disk is the reason: full, read-only, or not ours to write."""

import errno
import re
from pathlib import Path

from rowkeeper.core.errors import DiskError, NeedsPersonError, causes

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
TOO_LARGE = errno.EFBIG
REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_SAID = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_SAID_REFUSED = re.compile(r"read-only file system|permission denied", re.IGNORECASE)
_TOO_LARGE = re.compile(r"\[Errno 27\] File too large")
_OF_A_FILE = re.compile(r"\bio error\b|errno \d+", re.IGNORECASE)


def too_large(error: BaseException) -> NeedsPersonError | None:
    """What to say of ``error`` if a file is larger than its disk takes (FAT: 4 GiB), or a quota."""
    for cause in causes(error):
        if (isinstance(cause, OSError) and cause.errno == TOO_LARGE) or _TOO_LARGE.search(
            str(cause)
        ):
            return NeedsPersonError(
                "file_too_large_for_disk",
                "the file is larger than the disk takes, such as 4 GiB on FAT: put the folder on "
                "another disk, then rowkeeper retry",
            )
    return None


def no_byte_locks(folder: Path) -> DiskError:
    """The error of a disk on which DuckDB can't work."""
    return DiskError(
        f"The disk of {folder} has no locks, which DuckDB needs: keep the data folder on a disk of "
        "this machine (the archive may be on this one), or use --target prod."
    )


def disk_error(error: BaseException, *, local: bool = True) -> DiskError | None:
    """The sentence for ``error`` if it, or what caused it, is the disk's; None for anything else.

    ``local``: the words of a driver are about this machine's disk, as DuckDB's are, and not about
    a server's.
    """
    for cause in causes(error):
        if isinstance(cause, OSError) and cause.errno in FULL | REFUSED:
            where = f" at {cause.filename}" if cause.filename else ""
            return _sentence(cause.strerror or str(cause), where, cause.errno in FULL)
        if local and (found := said_of_disk(str(cause))):
            return found
    return None


def said_of_disk(text: str) -> DiskError | None:
    """The same for what a tool said in words."""
    words = " ".join(text.split())[:300]
    if _SAID.search(text):
        return _sentence(words, "", full=True)
    if _SAID_REFUSED.search(text) and _OF_A_FILE.search(text):
        return _sentence(words, "", full=False)
    return None


def _sentence(words: str, where: str, full: bool) -> DiskError:
    remedy = (
        "free space on it" if full else "make it writable for this user, or choose another folder"
    )
    return DiskError(
        f"The local disk refused{where} ({words.rstrip('.')}): {remedy}, then run again; nothing "
        "that was acknowledged is lost."
    )
