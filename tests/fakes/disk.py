"""A disk with faults below one folder, by a shim of the calls; it needs nothing of the machine.

Each fault is one that a disk which people have answers with: exFAT, an SMB or NFS share, a synced
folder. Names are folded and composed as such disks do, for every call that takes a path.
"""

import builtins
import errno
import fcntl
import io
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ONE_PATH = ("stat", "lstat", "open", "unlink", "remove", "mkdir", "rmdir", "listdir", "scandir")
TWO_PATHS = ("rename", "replace", "link")
CHANGES = {"unlink", "remove", "mkdir", "rmdir", *TWO_PATHS}


@dataclass
class FaultyDisk:
    """The faults of the disk at ``root``; each may be switched at any time.

    ``folds``: the case of letters counts for nothing. ``decomposes``: names are kept in Unicode's
    form D. ``refuses``: characters that no name has. ``fails``: call -> errno, of ``flock``,
    ``lockf``, ``link``, ``sync_folder``, ``utime``, ``chmod``, ``read``, ``write``, ``change`` (a
    disk that is read-only). ``at_most``: bytes that one write takes; ``largest``: bytes that a file
    has.
    """

    root: Path
    folds: bool = False
    decomposes: bool = False
    refuses: str = ""
    fails: dict[str, int] = field(default_factory=dict)
    at_most: int | None = None
    largest: int | None = None

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "FaultyDisk":
        """Put the shim in the place of the system's calls until the test ends."""
        self._listdir = os.listdir
        for name in ONE_PATH:
            monkeypatch.setattr(os, name, self._one(name, getattr(os, name)))
        for name in TWO_PATHS:
            monkeypatch.setattr(os, name, self._two(name, getattr(os, name)))
        for name in ("utime", "chmod", "chdir", "access"):
            monkeypatch.setattr(os, name, self._one(name, getattr(os, name)))
        opened = self._open(io.open)
        monkeypatch.setattr(io, "open", opened)
        monkeypatch.setattr(builtins, "open", opened)
        for name in ("flock", "lockf"):
            monkeypatch.setattr(fcntl, name, self._locking(name, getattr(fcntl, name)))
        monkeypatch.setattr(os, "fsync", self._fsync(os.fsync))
        monkeypatch.setattr(os, "sendfile", self._sendfile(os.sendfile))
        return self

    def path(self, path: Any) -> Any:
        """Where ``path`` really is."""
        if isinstance(path, int) or not self._is_below(path):
            return path
        real = str(self.root)
        for part in Path(self._whole(path)).relative_to(self.root).parts:
            if any(char in part for char in self.refuses):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
            real = f"{real}/{self._spelled(real, part)}"
        return real

    def _whole(self, path: Any) -> str:
        """``path`` from the root of the system on."""
        text = os.fsdecode(path)
        return text if text.startswith("/") else os.path.normpath(f"{Path.cwd()}/{text}")

    def _is_below(self, path: Any) -> bool:
        text = self._whole(path)
        return text == str(self.root) or text.startswith(f"{self.root}/")

    def _spelled(self, folder: str, name: str) -> str:
        """``name`` as the disk has it in ``folder``, or would have it."""
        kept = unicodedata.normalize("NFD", name) if self.decomposes else name
        if not self.folds:
            return kept
        try:
            there = self._listdir(folder)
        except OSError:
            return kept
        same = [other for other in there if other.casefold() == kept.casefold()]
        return kept if kept in same or not same else same[0]

    def _fail(self, call: str, path: Any = None) -> None:
        if number := self.fails.get(call):
            raise OSError(number, os.strerror(number), None if path is None else str(path))

    def _one(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def shim(path: Any = ".", *args: Any, **more: Any) -> Any:
            if not isinstance(path, int) and more.get("dir_fd") is None and self._is_below(path):
                self._fail(name, path)
                if name in CHANGES:
                    self._fail("change", path)
                path = self.path(path)
            return call(path, *args, **more)

        return shim

    def _two(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def shim(source: Any, target: Any, **more: Any) -> Any:
            if self._is_below(target):
                self._fail(name, target)
                self._fail("change", target)
            return call(self.path(source), self.path(target), **more)

        return shim

    def _open(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def shim(path: Any, mode: str = "r", buffering: int = -1, *args: Any, **more: Any) -> Any:
            if isinstance(path, int) or not self._is_below(path):
                return call(path, mode, buffering, *args, **more)
            place = self.path(path)
            if not set(mode) & set("wax+"):
                self._fail("read", path)
                return call(place, mode, buffering, *args, **more)
            self._fail("change", path)
            raw = _File(place, mode.replace("b", "").replace("t", ""))
            raw.disk = self
            if "b" in mode and buffering == 0:
                return raw
            kind = io.BufferedRandom if "+" in mode else io.BufferedWriter
            buffered = kind(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, *args, **more)

        return shim

    def _locking(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def shim(file: Any, *args: Any) -> Any:
            if self._is_below(_path_of(file)):
                self._fail(name)
            return call(file, *args)

        return shim

    def _fsync(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def shim(file: Any) -> None:
            path = _path_of(file)
            if self._is_below(path) and os.path.isdir(path):  # noqa: PTH112
                self._fail("sync_folder")
            call(file)

        return shim

    def _sendfile(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """What copies whole files, past every write."""

        def shim(target: int, *args: Any) -> Any:
            if self._is_below(_path_of(target)):
                self._fail("write")
            return call(target, *args)

        return shim


class _File(io.FileIO):
    disk: FaultyDisk

    def write(self, data: Any, /) -> int:
        self.disk._fail("write")
        view = memoryview(data).cast("B")
        if self.disk.largest is not None:
            room = self.disk.largest - self.tell()
            if room <= 0 < len(view):
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            view = view[:room]
        return super().write(view[: self.disk.at_most])


def _path_of(file: Any) -> str:
    number = file if isinstance(file, int) else file.fileno()
    return os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115
