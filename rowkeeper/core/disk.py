"""When this machine's disk is the reason: full, read-only, or not ours to write."""

import errno
import re

from rowkeeper.core.errors import DiskError, causes

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_SAID = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_SAID_REFUSED = re.compile(r"read-only file system|permission denied", re.IGNORECASE)
_OF_A_FILE = re.compile(r"\bio error\b|errno \d+", re.IGNORECASE)


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
