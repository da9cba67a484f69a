"""Where the bytes of a transfer go: a file, or straight into a store, whichever room has that."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from downloaders import files
from downloaders.base import Fetched, FetchSettings, Request
from downloaders.http import CHUNK
from rowkeeper.core.disk.faults import FULL
from rowkeeper.core.disk.own import is_own_file, new_file, read_file, standing_file, write_small
from rowkeeper.core.disk.writing import finish, write_all
from rowkeeper.core.errors import RetryLaterError, TransferError
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.net.sniff import HEAD
from rowkeeper.core.text import from_json

if TYPE_CHECKING:
    from hashlib import _Hash

WRITE_BACK = 32 << 20
NOTE_FROM = 4 << 20
"""Bytes from which on a killed process is worth a note; one that lives notes where it broke off."""

Write = Callable[[bytes], object]


@dataclass(frozen=True)
class Told:
    """What a source calls a file, as data, and its media type."""

    filename: str | None
    mime_type: str


Look = Callable[[bytes], Told]
"""Takes a file's first bytes: what it is in the end. Raises a ``TransferError`` for another one."""


class Sink(Protocol):
    """Takes the bytes of one file, in order."""

    def standing(self) -> tuple[int, str]:
        """How many bytes it has, and of which version of the source; 0 where it can't go on."""

    def start_over(self) -> None:
        """Let go of what it has."""

    def check_room(self, more: int) -> None:
        """Raise ``DiskFullError`` where there is no room, or ``RetryLaterError`` for so much."""

    def open(
        self, offset: int, version: str | None, hashes: "Sequence[_Hash]", look: Look
    ) -> AbstractContextManager[Write]:
        """Take the bytes from ``offset`` on; ``hashes`` are told of those before.

        The first of them is the SHA-256, and is told of each chunk before it is written.

        ``look`` is called once, before a store learns of the file or this ends.
        """

    def commit(self, fetched: Fetched) -> Fetched:
        """Make what was taken final, and say where it is."""


class Streamer(Protocol):
    """The way past the disk."""

    def recover(self, request: Request, folder: Path) -> Fetched | None:
        """The object of ``request`` that an earlier run finished but could not report, if any."""

    def sink(self, request: Request, folder: Path) -> AbstractContextManager[Sink]:
        """A sink for one try; what it has not committed at its end is gone.

        ``folder`` is the work folder: a note may be kept there, named by the asset's id first.
        """

    def put(self, request: Request, fetched: Fetched) -> None:
        """Bring in what came as a file, which may go then."""

    def went(self, request: Request) -> bool:
        """Have the bytes of ``request`` gone past the disk, and not been reported yet?"""

    def upload_event(self, request: Request) -> AssetEvent | None:
        """Where they are, if they have; to be reported before the download itself is."""

    def reported(self, request: Request, folder: Path) -> None:
        """All of ``request`` is reported: no later run need recover it."""

    def complain(self, error: TransferError) -> None:
        """Raise ``StoreError`` if ``error`` is about the store as a whole."""


class FileSink:
    """The file ``part``, which is resumed by a later process too.

    Beside a half one stands ``<name>.resume``: of which version of the source it is.
    """

    def __init__(self, part: Path, settings: FetchSettings) -> None:
        self._part, self._settings = part, settings
        self._resume = part.with_name(part.name + ".resume")
        self._has_note = True

    def standing(self) -> tuple[int, str]:
        if not is_own_file(self._part):
            return 0, ""
        try:
            with read_file(self._resume) as file:
                note = file.read()
        except OSError as error:
            self._has_note = not isinstance(error, FileNotFoundError)
            return 0, ""
        try:
            return self._part.stat().st_size, str(from_json(note)["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0, ""

    def start_over(self) -> None:
        self._part.unlink(missing_ok=True)
        self._drop_note()

    def check_room(self, more: int) -> None:
        files.check_room(self._part.parent, more, self._settings)

    @contextmanager
    def open(
        self, offset: int, version: str | None, hashes: "Sequence[_Hash]", look: Look
    ) -> Iterator[Write]:
        try:
            with (standing_file if offset else new_file)(self._part) as file:
                if offset:
                    _hash_standing(file, offset, hashes)
                else:
                    self._drop_note()
                with self._noted(version if not offset else None) as note:
                    counted = _Counted(file, offset, note)
                    yield counted
                finish(file, counted.size)
                file.seek(0)
                head = file.read(HEAD)
        except OSError as error:
            if error.errno in FULL:
                raise files.no_room(self._settings) from None
            raise
        self._drop_note()
        try:
            look(head)
        except TransferError:
            self._part.unlink()
            raise

    def commit(self, fetched: Fetched) -> Fetched:
        return files.commit(self._part, fetched)

    def _drop_note(self) -> None:
        if self._has_note:
            self._resume.unlink(missing_ok=True)
            self._has_note = False

    @contextmanager
    def _noted(self, version: str | None) -> Iterator[Callable[[], None]]:
        """Gives what writes down which ``version`` this is; done, too, where it breaks off."""

        def note() -> None:
            if version and not self._has_note:
                write_small(self._resume, json.dumps({"version": version}))
                self._has_note = True

        try:
            yield note
        except BaseException:
            with suppress(OSError):  # a later try starts over then
                note()
            raise


class _Counted:
    """Writes to ``file`` and counts; its disk begins with a part while the next ones come."""

    def __init__(self, file: BinaryIO, offset: int, note: Callable[[], None]) -> None:
        self._file, self._note = file, note
        self.size = self._begun = offset

    def __call__(self, chunk: bytes) -> None:
        self.size += write_all(self._file, chunk)
        if self.size >= NOTE_FROM:
            self._note()
        if self.size - self._begun >= WRITE_BACK:
            _begin_write_back(self._file, self._begun, self.size)
            self._begun = self.size


def _begin_write_back(file: BinaryIO, start: int, end: int) -> None:
    """Let the disk begin with what is written, or the fsync at the end waits for all of it.

    Linux starts to write dirty pages that it is told not to keep, and keeps them until then.
    """
    if hasattr(os, "posix_fadvise"):  # not on macOS
        os.posix_fadvise(file.fileno(), start, end - start, os.POSIX_FADV_DONTNEED)


def _hash_standing(file: BinaryIO, size: int, hashes: "Sequence[_Hash]") -> None:
    """Hash the first ``size`` bytes and stand behind them."""
    left = size
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise RetryLaterError("local_io", "The half file got shorter while it was read.")
        for digest in hashes:
            digest.update(chunk)
        left -= len(chunk)
    file.truncate(size)
