"""A folder as a store: the default."""

import os
import shutil
import sys
from collections.abc import Container, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from rowkeeper.core.disk.known import KnownFiles
from rowkeeper.core.disk.names import (
    KEPT_ELSEWHERE,
    Identity,
    evicted,
    identity,
    is_placeholder,
)
from rowkeeper.core.disk.own import read_file
from rowkeeper.core.disk.parts import PART, growing, part_of, sweep
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.probe import probe as probe_disk
from rowkeeper.core.disk.stored import is_plain, unlinked
from rowkeeper.core.disk.writing import sync
from rowkeeper.core.errors import NeedsPersonError, RetryLaterError
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.paths import sha256_file
from uploaders.base import CHUNK, IN_DATA_FOLDER, MARKER, Store, open_source
from uploaders.faults import changed_source, corrupt_object, missing_object, strange_store
from uploaders.links import Shown
from uploaders.local.faults import disk_refusal
from uploaders.local.writer import LocalWriter
from uploaders.values import Entry, Facts, Held, Stored, UploadRequest
from uploaders.writer import Writer

if TYPE_CHECKING:
    from hashlib import _Hash


class LocalStore(Store):
    """Objects as files below ``folder``; an object's name is its key.

    A file grows as ``<name>.rowkeeper.part``, a name that no other program gives, and is renamed
    when its bytes, read again, have the right hash. A final path means finished. The part is locked
    by its writer, so a second one waits, and what a killed one left is written anew.
    """

    kind = "local"
    _weaknesses: tuple[str, ...] = ()
    _seen: Identity | None = None

    def __init__(self, folder: Path, data_dir: Path | None = None) -> None:
        self.folder = Path(os.path.normpath(folder.absolute()))
        self.data_dir = data_dir and Path(os.path.normpath(data_dir.absolute()))

    @cached_property
    def root(self) -> str:  # type: ignore[override]
        """The folder's URL or, inside of ``data_dir``, its name by the id of that."""
        if self.data_dir and self._within:
            return f"{IN_DATA_FOLDER}://{folder_id(self.data_dir)}/{quote(self._within)}"
        return self.url

    @property
    def _within(self) -> str | None:
        """The folder's path in the data folder; None where it is elsewhere."""
        for folder, data_dir in (
            (self.folder, self.data_dir),
            (self.folder.resolve(), self.data_dir and self.data_dir.resolve()),
        ):
            if data_dir and data_dir in folder.parents:
                return folder.relative_to(data_dir).as_posix()
        return None

    @property
    def url(self) -> str:
        """The folder's URL."""
        return self.folder.as_uri()

    def probe(self) -> None:
        """Makes the folder if it is missing and tries to write in it."""
        self.require()
        with self.faults():
            make_folder(self.folder)
            self._weaknesses = probe_disk(self.folder).weaknesses

    @property
    def notice(self) -> str | None:
        if not self._weaknesses:
            return None
        return f"The disk of {self.folder} is weaker than others: {'; '.join(self._weaknesses)}."

    def held(self, request: UploadRequest, key: str) -> Held:
        """By size first, then by reading and hashing the file."""
        path = self.path(key)
        with self.faults():
            try:
                if path.stat().st_size != request.size_bytes:
                    return Held.OTHER
                if sha256_file(path)[0] != request.sha256:
                    return Held.OTHER
            except FileNotFoundError:
                self._miss(path)
                return Held.NOTHING
            self._settle(path)
            self.require()
            return Held.SAME

    def create(self, request: UploadRequest, key: str) -> bool:
        """Copy, flush to the disk, read again, rename."""
        facts = (request.sha256, request.size_bytes)
        with open_source(request) as source:
            try:
                return self._fill(self.path(key), source, facts)
            except RetryLaterError as error:
                if error.code == "corrupt_object" and sha256_file(request.path) != facts:
                    raise changed_source() from None
                raise

    def writer(
        self,
        key: str,
        mime_type: str | None = None,  # noqa: ARG002
        digest: "_Hash | None" = None,
    ) -> Writer:
        """As :meth:`create`; a folder keeps no types."""
        return LocalWriter(self, self.path(key), key, digest)

    def stored(self, key: str, *, existed: bool) -> Stored:
        """The file's URL."""
        url = (self.folder / key).as_uri()
        return Stored(bucket=None, object_key=key, cloud_url=url, existed=existed)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The files, without those that are not finished."""
        with self.faults():
            for path in self.folder.rglob("*"):
                key = path.relative_to(self.folder).as_posix()
                is_none = key == MARKER or path.name.endswith(PART) or is_placeholder(path.name)
                if key.startswith(prefix) and not is_none and path.is_file():
                    yield Entry(key, path.stat().st_size)

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """A MiB at a time."""
        with self.faults(), self._open(key) as file:
            file.seek(start)
            left = sys.maxsize if length is None else length
            while body := file.read(min(CHUNK, left)):
                left -= len(body)
                yield body

    def describe(self, key: str) -> Facts | None:
        """Its size: a folder knows no more."""
        path = self.path(key)
        with self.faults():
            try:
                if path.is_file():
                    return Facts(path.stat().st_size)
            except FileNotFoundError:
                pass
            self._miss(path)
            return None

    def copy(self, key: str, target: str) -> bool:
        """As :meth:`create`, from the object's own bytes."""
        with self.faults(), self._open(key) as source:
            return self._fill(self.path(target), source, sha256_file(self.path(key)))

    def remove(self, key: str) -> None:
        """Unlink the file and flush its folder."""
        path = self.path(key)
        self.require()
        with self.faults():
            try:
                path.unlink()
            except FileNotFoundError:
                return
            sync(path.parent)

    def known(self, keys: Iterable[str]) -> Container[str]:
        return KnownFiles(self.folder, keys)

    def hold_to(self, store_id: str | None) -> None:
        super().hold_to(store_id)
        self._seen = identity(self._token)

    def require(self) -> None:
        """By the identity of the marker's file; only where that has changed it is read again: the
        folder may be a share that goes away, with an empty one in its place."""
        if self._seen is None:
            return
        token = identity(self._token)
        if token == self._seen:
            return
        if token is None or self.store_id is None:
            raise strange_store(self.root, None)
        super().require()
        self._seen = token

    @property
    def _token(self) -> Path:
        """What is there as long as the store is: its marker, or the folder itself."""
        return self.folder if self.store_id is None else self.folder / MARKER

    def link(self, key: str, lifetime_s: int | None, shown: Shown) -> str:  # noqa: ARG002
        """The file's URL, for whoever sees this folder."""
        return self.path(key).as_uri()

    def path(self, key: str) -> Path:
        """The place of ``key``; raises ``NeedsPersonError`` if it is out of the folder, or if a
        link is on the way there."""
        if not is_plain(key):
            raise NeedsPersonError("object_key_unsafe", "this key leads out of the store's folder")
        return unlinked(self.folder, self.folder / key)

    def _open(self, key: str) -> BinaryIO:
        try:
            return read_file(self.path(key))
        except FileNotFoundError:
            self._miss(self.path(key), is_marker=key == MARKER)
            raise missing_object() from None

    def _miss(self, path: Path, *, is_marker: bool = False) -> None:
        """Raise where what is not at ``path`` is not lost: the store is away, or a sync service
        keeps the file elsewhere."""
        if not is_marker:
            self.require()
        if evicted(path):
            raise RetryLaterError("kept_elsewhere", KEPT_ELSEWHERE)

    def _is_taken(self, path: Path) -> bool:
        if path.exists():
            return True
        self._miss(path)
        return False

    def _fill(self, path: Path, source: BinaryIO, facts: tuple[str, int]) -> bool:
        """Make ``path`` of bytes that have this SHA-256 and size; False if it is there."""
        with self.growing(path) as file, self.faults():
            if self._is_taken(path):
                return False
            shutil.copyfileobj(source, file, CHUNK)
            return self.finish(path, file, facts)

    @contextmanager
    def growing(self, path: Path) -> Iterator[BinaryIO]:
        """The part of ``path``, empty and locked; removed in the end if it still is one."""
        self.require()
        with ExitStack() as stack:
            with self.faults():
                make_folder(path.parent)
                file = stack.enter_context(growing(path))
            yield file

    def finish(self, path: Path, file: BinaryIO, facts: tuple[str, int]) -> bool:
        """Make ``path`` of its part, whose bytes must have ``facts``; False if it is there."""
        with self.faults():
            if self._is_taken(path):
                return False
            file.flush()
            os.fsync(file.fileno())
            if sha256_file(part_of(path)) != facts:
                raise corrupt_object("the copy does not have the download's SHA-256")
            part_of(path).rename(path)
            self._settle(path)
            self.require()
            return True

    def _settle(self, path: Path) -> None:
        """Flush the folders that lead from the store's own parent to ``path``."""
        folder = path
        while folder != self.folder:
            folder = folder.parent
            sync(folder)
        with suppress(OSError):  # it need not be readable
            sync(self.folder.parent)

    def sweep(self) -> None:
        """The parts that no writer holds; nobody else's files."""
        with self.faults():
            sweep(self.folder)

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Say what the disk's errors mean for the store."""
        try:
            yield
        except OSError as error:
            raise disk_refusal(error, self.folder, in_data_folder=bool(self._within)) from None
