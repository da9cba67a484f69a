"""The journal: events as JSON lines on the local disk, there before anything else counts on them.

A writer has a segment of its own below ``open/``. ``append`` returns when its event is on disk;
events of threads that wait at the same time share one fsync. A finished segment is renamed into
``sealed/`` and listed in the manifest; it stays for ever: warehouses come and go, and each is
filled from here. How a line and a segment say that they are whole is in ``segments``.
"""

import errno
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Self

from rowkeeper.core import clock
from rowkeeper.core.disk.locks import try_lock, unlock
from rowkeeper.core.disk.own import is_own_file, standing_file, write_new
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.writing import sync, write_all
from rowkeeper.core.errors import JournalDamagedError, JournalError
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.lines import to_line
from rowkeeper.core.journal.manifest import SEALED, ManifestEntry, note
from rowkeeper.core.journal.segments import (
    OPEN,
    SUFFIX,
    Finding,
    examine,
    is_old,
    sealed_name,
    segment_id,
    segments_in,
)

PATIENCE = 0.5
"""For so much of a flush others are waited for."""
ASIDE = "aside"
"""Below the journal: bytes that are no event, kept for whoever wants to look at them."""


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
        self._path = folder / "open" / f"{self.segment_id}{OPEN}{SUFFIX}"
        self._file: FileIO | None = None
        self._digest = hashlib.sha256()  # of all that is on disk
        lock = threading.Lock()
        self._state, self._joined = threading.Condition(lock), threading.Condition(lock)
        self._waiting: list[bytes] = []
        self._callers = 0  # who wait for what is not being written yet
        self._company = 0  # how many may come together next
        self._flush_s = 0.0
        self._accepted = 0  # events handed in so far
        self._durable = 0  # events on disk so far
        self._writing = False
        self._fault: OSError | None = None

    def append(self, event: AssetEvent) -> None:
        """Return when ``event`` is on disk. Raises ``JournalError`` if it can't be written."""
        self.extend([event])

    def extend(self, events: Sequence[AssetEvent]) -> None:
        """The same of several at once."""
        with self._state:
            for event in events:
                self._waiting.append(to_line(event, self._accepted + 1))
                self._accepted += 1
            mine = self._accepted
            self._callers += bool(events)
            self._joined.notify()
            while self._durable < mine:
                if self._fault:
                    raise _unwritable(self._folder, self._fault)
                if self._writing:
                    self._state.wait()
                else:
                    self._write_waiting()

    def _write_waiting(self) -> None:
        """Write all waiting lines with one fsync, for all who wait; the state is held on entry."""
        if self._company > 1:
            self._gather()
        batch, upto, company = self._waiting, self._accepted, self._callers
        self._waiting, self._callers, self._writing = [], 0, True
        self._state.release()
        begin = clock.seconds()
        fault: OSError | None = InterruptedError(errno.EINTR, "it was interrupted")
        try:
            self._write(b"".join(batch))
            fault = None
        except OSError as error:
            fault = error
        finally:
            self._state.acquire()
            self._flush_s = clock.seconds() - begin
            self._company = company + self._callers
            self._writing = False
            self._fault = fault
            if fault is None:
                self._durable = upto
            self._state.notify_all()

    def _gather(self) -> None:
        """Wait for those whose events were written last, or came meanwhile: they come again at
        once, and whoever is first would else write alone and have all others wait for a second
        fsync."""
        self._writing = True
        try:
            self._joined.wait_for(lambda: self._callers >= self._company, self._flush_s * PATIENCE)
        except BaseException:
            self._state.notify_all()
            raise
        finally:
            self._writing = False

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = _create(self._path)
        write_all(self._file, data)
        os.fsync(self._file.fileno())
        self._digest.update(data)

    def seal(self) -> None:
        """End the segment. Nothing may be appended after."""
        with self._state:
            if self._file is None:
                return
            try:
                if self._fault:  # what is on disk is not known here
                    _seal_left(self._path, self._folder)
                else:
                    digest = self._digest.hexdigest()
                    name = sealed_name(self.segment_id, self._durable, digest)
                    _seal(self._path, self._folder, name)
            except OSError as error:
                raise _unwritable(self._folder, error) from error
            finally:
                unlock(self._file)
                self._file.close()
                self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.seal()


def seal_abandoned(folder: Path) -> int:
    """Seal the segments whose writers were killed; how many there were."""
    count = 0
    for path in filter(is_own_file, segments_in(folder / "open")):
        with path.open("rb") as file:
            if not try_lock(file):
                continue  # its writer lives
            try:
                if path.exists():
                    _seal_left(path, folder)
                    count += 1
            finally:
                unlock(file)
    return count


def has_writer(path: Path) -> bool:
    """Does the writer of an open segment still live?"""
    with path.open("rb") as file:
        if not try_lock(file):
            return True
        unlock(file)
    return False


def sealed_segments(folder: Path) -> dict[str, Path]:
    """All sealed segments by their id, in no meaningful order."""
    paths = sorted(segments_in(folder / SEALED), key=is_old, reverse=True)
    return {segment_id(path): path for path in paths}  # sealed anew counts before format 1


def read_segment(path: Path) -> Iterator[AssetEvent]:
    """The events of a sealed segment. Raises ``JournalDamagedError`` unless it is whole."""
    segment = examine(path)
    if segment.findings:
        raise damaged(segment.findings)
    yield from segment.events


def damaged(findings: Sequence[Finding]) -> JournalDamagedError:
    """What is said of a damaged journal, and the way out."""
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return JournalDamagedError(
        f"The journal is damaged: {findings[0]}{more}. rowkeeper journal check lists everything; "
        "rowkeeper journal salvage keeps every whole event, after which this goes on."
    )


def write_sealed(folder: Path, identity: str, events: Sequence[AssetEvent]) -> Path:
    """A sealed segment of ``events``, listed in the manifest on return; the same ones again change
    nothing."""
    data = b"".join(to_line(event, number) for number, event in enumerate(events, 1))
    name = sealed_name(identity, len(events), hashlib.sha256(data).hexdigest())
    make_folder(folder / SEALED)
    fresh = folder / SEALED / f"{name}.new"
    write_new(fresh, data)
    return _seal(fresh, folder, name)


def seal_anew(path: Path, folder: Path) -> None:
    """Give a segment of format 1 its checksums. A damaged one stays as it is, for a salvage."""
    segment = examine(path)
    if segment.findings:
        if path.parent.name != SEALED:
            path.replace(folder / SEALED / path.name)
        return
    _set_aside(folder, path, segment.torn)
    write_sealed(folder, segment_id(path), segment.events)
    path.unlink()


def _set_aside(folder: Path, path: Path, torn: bytes) -> None:
    """Keep the half line of a killed writer, which nobody counts on."""
    if torn:
        make_folder(folder / ASIDE)
        write_new(folder / ASIDE / f"{segment_id(path)}.torn", torn)


def _unwritable(folder: Path, fault: OSError) -> JournalError:
    return JournalError(
        f"The journal in {folder} can't be written ({fault.strerror}): "
        "free space there, or make it writable, then run again."
    )


def _create(path: Path) -> FileIO:
    """A new segment, locked before it has the name by which others find it."""
    make_folder(path.parent)
    unnamed = path.with_suffix(".new")
    file = unnamed.open("xb", buffering=0)
    try_lock(file)  # nobody else can have it yet
    unnamed.rename(path)
    sync(path.parent)
    return file


def _seal_left(path: Path, folder: Path) -> None:
    """Seal what a writer left that did not come to its end."""
    make_folder(folder / SEALED)
    if is_old(path):
        seal_anew(path, folder)
        return
    segment = examine(path)
    _set_aside(folder, path, segment.torn)
    with standing_file(path) as file:
        size = file.seek(-len(segment.torn), os.SEEK_END)
        file.truncate()
        if size and not path.read_bytes().endswith(b"\n"):
            file.write(b"\n")  # of a whole event
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    _seal(path, folder, sealed_name(segment_id(path), segment.last_number, digest))


def _seal(path: Path, folder: Path, name: str) -> Path:
    sealed = folder / SEALED
    make_folder(sealed)
    sync(path)
    place = path.rename(sealed / name)
    sync(sealed)
    sync(path.parent)
    note(folder, ManifestEntry(f"{SEALED}/{name}", place.stat().st_size))
    return place
