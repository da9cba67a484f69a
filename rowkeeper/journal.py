"""The journal: events as JSON lines on the local disk, there before anything else counts on them.

A writer has a segment of its own below ``open/``. ``append`` returns when its event is on disk;
events of threads that wait at the same time share one fsync. A finished segment is renamed into
``sealed/``, where it stays for ever: warehouses come and go, and each is filled from here.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Self

from rowkeeper.errors import InputError, JournalError
from rowkeeper.events import AssetEvent
from rowkeeper.ids import new_id
from rowkeeper.paths import sync

SUFFIX = ".jsonl"


def journal_dir(data_dir: Path) -> Path:
    """Where the journal of a data folder is."""
    return data_dir / "journal"


class Journal:
    """One writer's segment, for use by many threads; a context manager that seals at its end.

    The segment is made at the first event: without one, nothing is left behind. A lock on the file
    tells others that its writer lives.
    """

    def __init__(self, folder: Path) -> None:
        self.segment_id = new_id()
        self._folder = folder
        self._path = folder / "open" / f"{self.segment_id}{SUFFIX}"
        self._file: FileIO | None = None
        self._state = threading.Condition()
        self._waiting: list[bytes] = []
        self._accepted = 0  # events handed in so far
        self._durable = 0  # events on disk so far
        self._writing = False
        self._fault: OSError | None = None

    def append(self, event: AssetEvent) -> None:
        """Return when ``event`` is on disk. Raises ``JournalError`` if it can't be written."""
        line = event.to_json().encode() + b"\n"
        with self._state:
            self._waiting.append(line)
            self._accepted += 1
            mine = self._accepted
            while self._durable < mine:
                if self._fault:
                    raise JournalError(
                        f"The journal in {self._folder} can't be written "
                        f"({self._fault.strerror}): free space there, then run again."
                    )
                if self._writing:
                    self._state.wait()
                else:
                    self._write_waiting()

    def _write_waiting(self) -> None:
        """Write all waiting lines with one fsync, for all who wait; the state is held on entry."""
        batch, upto = self._waiting, self._accepted
        self._waiting, self._writing = [], True
        self._state.release()
        fault: OSError | None = None
        try:
            self._write(b"".join(batch))
        except OSError as error:
            fault = error
        finally:
            self._state.acquire()
            self._writing = False
            self._fault = fault
            if fault is None:
                self._durable = upto
            self._state.notify_all()

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = _create(self._path)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file.fileno(), rest) :]
        os.fsync(self._file.fileno())

    def seal(self) -> None:
        """End the segment. Nothing may be appended after."""
        with self._state:
            if self._file is not None:
                _seal(self._path, self._folder)
                self._file.close()
                self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.seal()


def seal_abandoned(folder: Path) -> int:
    """Seal the segments whose writers were killed; how many there were."""
    count = 0
    for path in sorted((folder / "open").glob(f"*{SUFFIX}")):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its writer lives
            if path.exists():
                _seal(path, folder)
                count += 1
    return count


def sealed_segments(folder: Path) -> dict[str, Path]:
    """All sealed segments by their id, in no meaningful order."""
    return {path.stem: path for path in sorted((folder / "sealed").glob(f"*{SUFFIX}"))}


def read_segment(path: Path) -> Iterator[AssetEvent]:
    """The events of a sealed segment.

    A last line without its end was never acknowledged: its writer was killed over it. It counts if
    it is whole. Raises ``InputError`` for any other line that is no event.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield AssetEvent.from_json(line.decode())
            except ValueError as error:
                if not line.endswith(b"\n"):
                    return
                raise InputError(
                    f"{path}, line {number} is no event ({error}): upgrade rowkeeper if a newer "
                    "one wrote it, else restore the file from a backup."
                ) from None


def _create(path: Path) -> FileIO:
    """A new segment, locked before it has the name by which others find it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unnamed = path.with_suffix(".new")
    file = unnamed.open("xb", buffering=0)
    fcntl.flock(file, fcntl.LOCK_EX)
    unnamed.rename(path)
    sync(path.parent)
    return file


def _seal(path: Path, folder: Path) -> None:
    sealed = folder / "sealed"
    sealed.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.rename(sealed / path.name)
    sync(sealed)
    sync(path.parent)
