"""Bytes on their way to the disk: counted, flushed, and held to what the disk has in the end."""

import errno
import os
import stat
from pathlib import Path
from typing import Protocol

NO_FOLDER_SYNC = frozenset(
    {errno.EINVAL, errno.EBADF, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EISDIR}
)
"""What file systems answer that flush files alone: shares, some FUSE."""


class OpenFile(Protocol):
    """A file that is open for writing, with or without a buffer."""

    def write(self, data: memoryview, /) -> int | None: ...
    def fileno(self) -> int: ...


def write_all(file: OpenFile, data: bytes | memoryview) -> int:
    """Write all of ``data``, however little the disk takes at a time; how many bytes that is.

    Raises ``OSError`` if the disk takes none.
    """
    rest = memoryview(data)
    while rest:
        taken = file.write(rest)
        if not taken:
            raise OSError(errno.EIO, "the disk took no more bytes")
        rest = rest[taken:]
    return len(data)


def finish(file: OpenFile, size: int) -> None:
    """Flush ``file`` through to the disk, where it must have ``size`` bytes; raises ``OSError``."""
    if flush := getattr(file, "flush", None):
        flush()
    os.fsync(file.fileno())
    kept = os.fstat(file.fileno()).st_size
    if kept != size:
        raise OSError(errno.EIO, f"the disk kept {kept:,} of {size:,} bytes")


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder where the disk can, to the disk; ``OSError``."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        if not is_folder or error.errno not in NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)
