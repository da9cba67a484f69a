"""What every store takes and gives.

A new kind of store is a module with one :class:`Store` and one line in ``registry.py``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from rowkeeper.errors import RetryLaterError
from rowkeeper.paths import safe_extension, safe_segment

CHUNK = 1 << 20
MAX_MESSAGE = 500


@dataclass(frozen=True, kw_only=True)
class UploadRequest:
    """One verified local file to archive; a row of ``pending_uploads``.

    ``sha256`` is lower-case hex, ``size_bytes`` in bytes, ``attempt`` counts from 1. ``filename``
    is what the source calls the file: data, never a path.
    """

    asset_id: str
    row_id: str
    provider: str
    media_id: str
    asset_kind: str
    path: Path
    sha256: str
    size_bytes: int
    mime_type: str | None = None
    filename: str | None = None
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Where a verified object is.

    ``store`` is the store's root URL and ``cloud_url`` the object's. ``object_key`` is the key
    within ``bucket``, or within the folder where there is no bucket. ``sent`` is False where the
    object was there already.
    """

    store: str
    bucket: str | None
    object_key: str
    cloud_url: str
    sent: bool


class Held(Enum):
    """What a store has under a key."""

    NOTHING = "nothing"
    SAME = "same"
    OTHER = "other"


class Store(ABC):
    """An archive of objects that are created, verified and never overwritten.

    One instance serves many threads at once. ``root`` is the canonical URL of the whole.
    """

    root: str

    @abstractmethod
    def check(self) -> None:
        """Raises ``StoreError``, with the remedy, if the store can't take objects now."""

    @abstractmethod
    def held(self, request: UploadRequest, key: str) -> Held:
        """Whether the store has the bytes of ``request`` under ``key``, by their SHA-256."""

    @abstractmethod
    def create(self, request: UploadRequest, key: str) -> bool:
        """Send the file to ``key`` and hold the store's bytes to its SHA-256.

        False, with nothing written, if another writer was there first. Raises
        ``RetryLaterError('corrupt_object')`` if the bytes differ; then they don't stay either.
        """

    @abstractmethod
    def stored(self, key: str, *, sent: bool) -> Stored:
        """The address of ``key``."""

    def put(self, request: UploadRequest, key: str) -> Stored:
        """Archive the file under ``key`` and say where it is.

        An object that is there and has the same bytes is not sent again. One that has other bytes
        is kept: the file then goes beside it, under a key that carries its hash. Raises a
        ``TransferError`` for this file, or ``StoreError`` if the store as a whole refuses.
        """
        for candidate in (key, _key_with_hash(key, request.sha256)):
            held = self.held(request, candidate)
            if held is Held.NOTHING:
                if self.create(request, candidate):
                    return self.stored(candidate, sent=True)
                held = self.held(request, candidate)
            if held is Held.SAME:
                return self.stored(candidate, sent=False)
        raise corrupt_object("the object in the store has other bytes than its key says")


def object_key(request: UploadRequest) -> str:
    """``people/{row}/{asset_id}.{ext}``, of safe segments only, the same in every run."""
    extension = safe_extension(request.path.name, request.mime_type)
    return f"people/{safe_segment(request.row_id)}/{safe_segment(request.asset_id)}.{extension}"


def open_source(request: UploadRequest) -> BinaryIO:
    """The local file, opened for reading; raises ``RetryLaterError`` if it can't be."""
    try:
        return request.path.open("rb")
    except FileNotFoundError:
        raise RetryLaterError("local_file_missing", "the downloaded file is gone") from None
    except OSError as error:
        message = f"the downloaded file can't be read: {error.strerror}"
        raise RetryLaterError("local_file_unreadable", message) from None


def corrupt_object(what: str) -> RetryLaterError:
    """The error for bytes that are not what their SHA-256 says."""
    return RetryLaterError("corrupt_object", what)


def one_line(text: str) -> str:
    """``text`` as one line of at most 500 characters."""
    return " ".join(text.split())[:MAX_MESSAGE]


def _key_with_hash(key: str, sha256: str) -> str:
    path = PurePosixPath(key)
    return str(path.with_name(f"{path.stem}-{sha256[:16]}{path.suffix}"))
