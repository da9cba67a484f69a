"""When this machine's disk is the reason: full, read-only, or not ours to write."""

import errno
import re
from pathlib import Path

from rowkeeper.core.errors import (
    DiskError,
    NeedsPersonError,
    RowkeeperError,
    UsageError,
    causes,
)

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
TOO_LARGE = errno.EFBIG
GONE = frozenset({errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, TOO_LARGE})
GONE_SHARE = frozenset({errno.ENOTCONN, errno.EHOSTDOWN, errno.ETIMEDOUT, errno.EHOSTUNREACH})
"""What a share answers that went away; a site answers so, too, and then no file is named."""
REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
SPACE = "free space on it"
RIGHTS = "make it writable for this user, or choose another folder"
SOUND = "see that it is mounted and sound, and takes files of that size"
_SAID = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_SAID_REFUSED = re.compile(r"read-only file system|permission denied", re.IGNORECASE)
_SAID_GONE = re.compile(
    r"input/output error|stale (?:nfs )?file handle|file too large|no such device", re.IGNORECASE
)
_SAID_GONE_SHARE = re.compile(
    r"transport endpoint is not connected|host is down|no route to host|timed out", re.IGNORECASE
)
_TOO_LARGE = re.compile(r"\[Errno 27\] File too large")
_OF_A_FILE = re.compile(r"\bio error\b|errno \d+", re.IGNORECASE)
_OF_DUCKDB = re.compile(r"\bio error\b", re.IGNORECASE)
"""A number alone may be that of a site's answer."""


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
        if isinstance(cause, OSError):
            place = cause.filename2 or cause.filename
            known = FULL | REFUSED | GONE | (GONE_SHARE if place else set())
            if cause.errno in known:
                where = f" at {place}" if place else ""
                return _sentence(cause.strerror or str(cause), where, _remedy(cause.errno))
        if local and (fault := said_of_disk(str(cause))):
            return fault
    return None


def not_written(what: str, error: OSError) -> RowkeeperError:
    """The error for ``what``, a place that somebody chose and that could not be written."""
    known = FULL | REFUSED | GONE | GONE_SHARE
    kind = DiskError if error.errno in known else UsageError
    remedy = {SPACE: "free space there", RIGHTS: "make it writable"}.get(_remedy(error.errno))
    way_out = f"{remedy}, or give another place" if remedy else "give another place"
    return kind(f"{what} can't be written ({error.strerror or error}): {way_out}.")


def said_of_disk(text: str) -> DiskError | None:
    """The same for what a tool said in words."""
    words = " ".join(text.split())[:300]
    if _SAID.search(text):
        return _sentence(words, "", SPACE)
    if _SAID_REFUSED.search(text) and _OF_A_FILE.search(text):
        return _sentence(words, "", RIGHTS)
    if (_SAID_GONE.search(text) and _OF_A_FILE.search(text)) or (
        _SAID_GONE_SHARE.search(text) and _OF_DUCKDB.search(text)
    ):
        return _sentence(words, "", SOUND)
    return None


def _remedy(number: int | None) -> str:
    if number in FULL:
        return SPACE
    return RIGHTS if number in REFUSED else SOUND


def _sentence(words: str, where: str, remedy: str) -> DiskError:
    return DiskError(
        f"The local disk refused{where} ({words.rstrip('.')}): {remedy}, then run again; nothing "
        "that was acknowledged is lost."
    )
