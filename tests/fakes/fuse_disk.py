"""A real mount with the habits of other people's disks: ``fuse_disk.py BACKING MOUNT HABIT…``.

Habits: ``folds`` (case), ``decomposes`` (accents), ``no_links``, ``no_locks``, ``no_sync`` (of
folders), ``no_rights``, ``short`` (a write takes 4,000 bytes). An error number in
``BACKING.fault`` is what a full or read-only disk answers to each change, another to each call;
words after it say which paths, by a part of them.
Needs mfusepy, libfuse, /dev/fuse.
"""
# These are the system's calls:
# ruff: noqa: PTH101, PTH102, PTH104, PTH106, PTH108, PTH112, PTH208

import errno
import os
import sys
import unicodedata
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import mfusepy  # type: ignore[import-untyped]

AT_MOST = 4000
CHANGES = frozenset(
    {"mkdir", "rmdir", "unlink", "rename", "link", "chmod", "utimens", "create", "write"}
)
CALLS = CHANGES | {"getattr", "readdir", "open", "read", "truncate", "fsync", "fsyncdir"}


def refuse(number: int) -> NoReturn:
    raise mfusepy.FuseOSError(number)


def _may_fail(name: str, call: Callable[..., Any], words: Path) -> Callable[..., Any]:
    """``call``, unless ``told`` holds the number of an error that it ends with now."""

    @wraps(call)
    def called(*args: Any) -> Any:
        said, _, part = (words.read_text("utf-8") if words.exists() else "").partition(" ")
        number = int(said or 0) if any(part in str(path) for path in args) else 0
        if number and (name in CHANGES or number not in (errno.EROFS, errno.ENOSPC)):
            refuse(number)
        return call(*args)

    return called


class Disk(mfusepy.Operations):  # type: ignore[misc, unused-ignore]
    """Passes everything on to the folder ``root``, as far as its habits let it."""

    use_ns = True

    def __init__(self, root: str, habits: set[str]) -> None:
        self.root, self.habits = root, habits

    def place(self, path: str) -> str:
        """Where ``path`` really is."""
        real = self.root
        for part in filter(None, path.split("/")):
            name = unicodedata.normalize("NFD", part) if "decomposes" in self.habits else part
            if "folds" in self.habits and os.path.isdir(real):
                same = [there for there in os.listdir(real) if there.casefold() == name.casefold()]
                name = name if name in same or not same else same[0]
            real = f"{real}/{name}"
        return real

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        stat = os.lstat(self.place(path)) if fh is None else os.fstat(fh)
        names = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_ino", "st_blocks")
        times = ("st_atime", "st_mtime", "st_ctime")
        facts = {name: getattr(stat, f"{name}_ns") for name in times}
        return {name: getattr(stat, name) for name in names} | facts

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *os.listdir(self.place(path))]

    def mkdir(self, path: str, mode: int) -> None:
        os.mkdir(self.place(path), mode)

    def rmdir(self, path: str) -> None:
        os.rmdir(self.place(path))

    def unlink(self, path: str) -> None:
        os.unlink(self.place(path))

    def rename(self, old: str, new: str) -> None:
        os.rename(self.place(old), self.place(new))

    def link(self, target: str, source: str) -> None:
        if "no_links" in self.habits:
            refuse(errno.EPERM)
        os.link(self.place(source), self.place(target))

    def chmod(self, path: str, mode: int) -> int:
        if "no_rights" in self.habits:
            refuse(errno.EPERM)
        os.chmod(self.place(path), mode)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        if "no_rights" in self.habits:
            refuse(errno.EPERM)
        os.utime(self.place(path), ns=times) if times else os.utime(self.place(path))
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        stat = os.statvfs(self.root)
        names = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_files", "f_frsize", "f_namemax")
        return {name: getattr(stat, name) for name in names}

    def open(self, path: str, flags: int) -> int:
        return os.open(self.place(path), flags & ~(os.O_EXCL | os.O_CREAT | os.O_APPEND))

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        return os.open(self.place(path), os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        return os.pwrite(fh, data[:AT_MOST] if "short" in self.habits else data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        os.truncate(self.place(path) if fh is None else fh, length)

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        os.fsync(fh)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        return refuse(errno.EINVAL) if "no_sync" in self.habits else 0

    def release(self, path: str, fh: int) -> int:
        os.close(fh)
        return 0


class DiskWithoutLocks(Disk):
    """Without these calls the kernel keeps the locks itself."""

    def lock(self, path: str, fh: int, cmd: int, lock: Any) -> NoReturn:
        refuse(errno.ENOLCK)

    def flock(self, path: str, fh: int, op: int) -> NoReturn:
        refuse(errno.ENOLCK)


if __name__ == "__main__":
    backing, mount, *given = sys.argv[1:]
    kind = DiskWithoutLocks if "no_locks" in given else Disk
    fresh = {"attr_timeout": 0, "entry_timeout": 0, "negative_timeout": 0}
    direct = "short" in given
    disk = kind(backing, set(given))
    for name in CALLS:
        setattr(disk, name, _may_fail(name, getattr(disk, name), Path(f"{backing}.fault")))
    mfusepy.FUSE(disk, mount, foreground=True, direct_io=direct, **fresh)
