"""What every store takes and gives.

A new kind of store is a module with one :class:`Store` and one line in ``registry.py``.
"""

import hashlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from rowkeeper.core.disk.names import KEPT_ELSEWHERE, evicted
from rowkeeper.core.disk.presence import require
from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, StoreError, TransferError
from rowkeeper.core.fixity import ASIDE, Content, content_of
from rowkeeper.core.ids import new_id
from rowkeeper.core.paths import version_mark
from rowkeeper.core.text import from_json
from uploaders.faults import UnreachableError, changed_source, differing_object, strange_store
from uploaders.layout import PRESETS, key_apart, key_by
from uploaders.links import Shown
from uploaders.values import PROBE, Entry, Facts, Held, Stored, UploadRequest

if TYPE_CHECKING:
    from hashlib import _Hash

    from uploaders.writer import Writer

CHUNK = 1 << 20
IN_DATA_FOLDER = "folder"
"""The scheme of the name of a store that is inside the data folder."""
MARKER = "rowkeeper-store.json"
"""The object by which a store is known: made once, it says which store this is."""
OWN = {MARKER, PROBE}
"""What a store of objects has that is no part of an archive."""
SENT_UNASKED = 8 << 20
"""Bytes up to which a file is sent without asking first whether it is there..."""
MISSES = 8
"""...after so many that were not: a killed run leaves its last objects, which come first again."""


class Store(ABC):
    """An archive of objects that are created, verified and never overwritten.

    One instance serves many threads at once. ``root`` names the whole for good: its canonical URL
    or, for a folder inside the data folder, ``folder://`` with the data folder's id and the path in
    it, which stays when the folder moves. ``url`` is where it is now, ``endpoint`` the URL of the
    service behind it, None for a folder; none of them holds a secret.
    """

    kind: str
    root: str
    endpoint: str | None = None
    prefix: str = ""
    misses: int = 0
    store_id: str | None = None
    """The id that the store's marker must have; None: it has none, or was not identified."""

    @property
    def url(self) -> str:
        """The address of the whole, with which each object's address begins."""
        return self.root

    @abstractmethod
    def probe(self) -> None:
        """Learn whether the store takes objects now, leaving none behind.

        Raises ``StoreError``, with the remedy, if it does not, and ``RetryLaterError`` if it gives
        no useful answer.
        """

    @abstractmethod
    def held(self, request: UploadRequest, key: str) -> Held:
        """Whether the store has the bytes of ``request`` under ``key``, by their SHA-256."""

    @abstractmethod
    def create(self, request: UploadRequest, key: str) -> bool:
        """Send the file to ``key`` and hold it, and the store's bytes, to its SHA-256.

        False, with nothing written, if ``key`` is taken. Raises
        ``NeedsPersonError('local_file_changed')`` if the file has other bytes by now and
        ``RetryLaterError('corrupt_object')`` if the store has; then they don't stay.
        """

    @abstractmethod
    def writer(
        self, key: str, mime_type: str | None = None, digest: "_Hash | None" = None
    ) -> "Writer":
        """A stream to ``key``, of bytes that nobody knows before; see :class:`Writer`."""

    @abstractmethod
    def stored(self, key: str, *, existed: bool) -> Stored:
        """The address of ``key``."""

    @abstractmethod
    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The objects whose key starts with ``prefix``, each once, in no set order."""

    @abstractmethod
    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The object's bytes from ``start`` on, ``length`` of them or all.

        Raises ``NeedsPersonError('object_missing')`` if there is none.
        """

    @abstractmethod
    def describe(self, key: str) -> Facts | None:
        """What the store says of the object, its bytes unread; None if there is none."""

    @abstractmethod
    def copy(self, key: str, target: str) -> bool:
        """Copy an object within the store to ``target``, the bytes staying there.

        False, with nothing written, if ``target`` is taken. Raises as :meth:`read`.
        """

    @abstractmethod
    def remove(self, key: str) -> None:
        """Delete the object; none is no error."""

    @abstractmethod
    def link(self, key: str, lifetime_s: int | None, shown: Shown) -> str:
        """An address at which a browser finds the object for so many seconds; nobody is asked.

        None stands for the object's own, unsigned address, at which it is found where the store
        lets anybody read. Raises ``StoreError`` and ``UsageError``.
        """

    def known(self, keys: Iterable[str]) -> Container[str]:
        """Those of the listed keys that are ``keys``, whatever spelling the store has for them."""
        return frozenset(keys)

    @property
    def notice(self) -> str | None:
        """What is weaker at this store than at others, and what is done about it, in a sentence."""
        return None

    def sweep(self) -> None:  # noqa: B027 - most stores keep no halves
        """Remove what killed runs left half done, if no other run can be at work on it."""

    def key_of(self, object_key: str) -> str:
        """The key, as the methods take it, of a :class:`Stored`'s ``object_key``."""
        return key_below(self.root, object_key)

    def check(self) -> None:
        """Raises ``StoreError``, with the remedy, if the store can't take objects now."""
        try:
            self.probe()
        except TransferError as error:
            raise self.unusable(error) from None

    def make_ready(self) -> None:
        """The same, and remove what killed runs left half done."""
        self.check()
        try:
            self.sweep()
        except TransferError as error:
            raise self.unusable(error) from None

    def put(self, request: UploadRequest, key: str) -> Stored:
        """Archive the file under ``key`` and say where it is.

        An object that is there and has the same bytes is not sent again; one that has other bytes
        stays as it is. Raises a ``TransferError`` for this file, ``NeedsPersonError`` if the object
        has other bytes, or ``StoreError`` if the store as a whole refuses.
        """
        if request.replaces_lost:
            self.set_aside(request, key)
        asked = request.size_bytes > SENT_UNASKED or self.misses < MISSES
        held = self.held(request, key) if asked else Held.NOTHING
        if held is Held.NOTHING:
            self.misses += 1
            if self.create(request, key):
                return self.stored(key, existed=False)
            held = self.held(request, key)
        if held is Held.SAME:
            self.misses = 0
            return self.stored(key, existed=True)
        if held is Held.NOTHING:
            raise RetryLaterError("store_conflict", "another writer is busy with this object")
        raise differing_object()

    def taken(self, content: Content, key: str) -> Stored:
        """The address of ``key``, which is taken, if it has ``content``; it is read back whole.

        Raises ``NeedsPersonError('object_differs')`` if it has other bytes.
        """
        if content_of(self.read(key)) != content:
            raise differing_object()
        return self.stored(key, existed=True)

    def set_aside(self, request: UploadRequest, key: str) -> None:
        """Move an object that is not the bytes of ``request`` below ``damaged/``; it is read whole.

        What a store says of a checksum was true when the object was written, so it counts no more.
        """
        try:
            content = content_of(self.read(key))
        except TransferError as error:
            if error.code == "object_missing":
                return
            raise
        if content != Content(request.sha256, request.size_bytes):
            self.copy(key, f"{ASIDE}/{content.sha256[:16]}/{key}")
            self.remove(key)

    def marker(self) -> str | None:
        """The id of the store by its marker; None if it has none, '' if that can't be read."""
        try:
            body = b"".join(self.read(MARKER, 0, CHUNK))
        except TransferError as error:
            if error.code == "object_missing":
                return None
            raise
        try:
            return str(from_json(body)["store_id"])
        except (ValueError, KeyError, TypeError):
            return ""

    def mark(self) -> str:
        """Give the store its marker, unless it has one; its id. Raises as :meth:`put`."""
        marked = {"store_id": new_id(), "is": "the mark of an archive of rowkeeper: leave it here"}
        body = json.dumps(marked, indent=1).encode()
        try:
            with self.writer(MARKER, "application/json") as writer:
                writer.write(body)
                writer.commit(hashlib.sha256(body).hexdigest())
        except NeedsPersonError as error:
            if error.code != "object_differs":  # another run was first
                raise
        if (marker := self.marker()) is None:
            raise RetryLaterError("store_conflict", "another writer is busy with the store's mark")
        return marker

    def hold_to(self, store_id: str | None) -> None:
        """From now on the store must be the one of this marker, or as it is where it has none."""
        self.store_id = store_id

    def require(self) -> None:
        """Raises ``StoreError`` if the store is no longer the one that it should be."""
        if self.store_id is not None and (marker := self.marker()) != self.store_id:
            raise strange_store(self.root, marker)

    def complain(self, error: TransferError) -> None:
        """Raise ``StoreError`` if ``error`` is about the store as a whole, and no object's."""
        if isinstance(error, UnreachableError):
            raise self.unusable(error) from None

    def unusable(self, error: TransferError) -> StoreError:
        """The error of the whole store for a fault that trying again did not cure."""
        return StoreError(
            f"The store {self.url} gives no useful answer ({error}): "
            "check store.url, store.endpoint_url and the network, then run again."
        )


def object_key(request: UploadRequest, template: str = PRESETS["asset_id"]) -> str:
    """The key of ``request`` by a checked template, of safe segments, the same in every run."""
    key = key_by(template, request)
    return key_apart(key, version_mark(request.sha256)) if request.is_new_version else key


def key_below(root: str, object_key: str) -> str:
    """The key, below the prefix of the store of ``root``, of a :class:`Stored`'s ``object_key``."""
    return object_key.removeprefix(prefix_of(root))


def prefix_of(root: str) -> str:
    """What each :class:`Stored`'s ``object_key`` begins with in the store of ``root``, or ''."""
    scheme, _, rest = root.partition("://")
    prefix = rest.partition("/")[2] if scheme not in {"file", IN_DATA_FOLDER} else ""
    return f"{prefix}/" if prefix else ""


def open_source(request: UploadRequest) -> BinaryIO:
    """The local file, opened for reading; raises ``NeedsPersonError`` if it can't be.

    So it does if the file has another size by now; ``DiskError`` if its whole folder is away, and
    ``RetryLaterError`` where a sync service keeps it elsewhere.
    """
    try:
        file = request.path.open("rb")
        if os.fstat(file.fileno()).st_size == request.size_bytes:
            return file
        file.close()
        raise changed_source()
    except FileNotFoundError:
        require(request.path)
        if evicted(request.path):
            raise RetryLaterError("kept_elsewhere", KEPT_ELSEWHERE) from None
        message = "the downloaded file is gone: put it back or download it again"
        raise NeedsPersonError("local_file_missing", message) from None
    except OSError as error:
        message = f"the downloaded file can't be read: {error.strerror}"
        raise NeedsPersonError("local_file_unreadable", message) from None
