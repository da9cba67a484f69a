"""The way back: the bytes of an object as a local file, held to their SHA-256."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from rowkeeper.core.errors import NeedsPersonError, RetryLaterError
from rowkeeper.core.fixity import Content
from rowkeeper.core.paths import sha256_file, sync
from rowkeeper.core.pool import Stop
from rowkeeper.core.retry import with_retries
from rowkeeper.core.settings import Settings
from uploaders.base import Store
from uploaders.faults import UnreachableError


def restore_object(
    store: Store, key: str, place: Path, content: Content, settings: Settings, stop: Stop
) -> bool:
    """As :func:`write_back`, of the object under ``key``, with tries.

    Raises ``StoreError`` if the store as a whole gives no answer, ``StoppedError`` after ``stop``.
    """

    def once() -> bool:
        stop.check()
        return write_back(lambda: store.read(key), place, content)

    upload = settings.upload
    try:
        return with_retries(once, upload.attempts, upload.backoff_s, stop.sleep)
    except UnreachableError as error:
        stop.set()
        raise store.unusable(error) from None


def write_back(chunks: Callable[[], Iterable[bytes]], place: Path, content: Content) -> bool:
    """Make ``place`` of ``chunks``; False, with nothing read, if it has these bytes already.

    The file grows beside its place and is renamed once it has its SHA-256 and is on the disk.
    Raises ``NeedsPersonError('place_taken')`` if ``place`` has other bytes, which stay,
    ``NeedsPersonError('object_differs')`` if ``chunks`` are not ``content``, and
    ``RetryLaterError('local_io')`` if the disk refuses.
    """
    try:
        if place.exists():
            if Content(*sha256_file(place)) == content:
                return False
            raise NeedsPersonError("place_taken", f"other bytes are at {place}: move them away")
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(chunks(), place, content)
    except OSError as error:
        words = f"{place} can't be written: {error.strerror}"
        raise RetryLaterError("local_io", words) from None
    return True


def _write(chunks: Iterable[bytes], place: Path, content: Content) -> None:
    part, digest, size = place.with_name(f"{place.name}.part"), hashlib.sha256(), 0
    try:
        with part.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if Content(digest.hexdigest(), size) != content:
            raise NeedsPersonError("object_differs", "the bytes there are not the recorded ones")
        part.rename(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync(place.parent)
