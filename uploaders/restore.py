"""The way back: the bytes of an object as a local file, held to their SHA-256."""

import errno
import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from rowkeeper.core.disk.faults import too_large
from rowkeeper.core.disk.parts import growing, part_of
from rowkeeper.core.disk.writing import finish, sync, write_all
from rowkeeper.core.errors import NeedsPersonError, RetryLaterError
from rowkeeper.core.fixity import Content
from rowkeeper.core.paths import sha256_file
from rowkeeper.core.pool import Stop
from rowkeeper.core.settings import Settings
from uploaders.base import Store
from uploaders.faults import UnreachableError
from uploaders.retrying import retrying

NAME_REFUSED = frozenset({errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG})
"""What disks answer to names that they can't have: exFAT to ``a:b``, others to long ones."""
_PLACING = threading.Lock()
"""Two names may be one on a disk: a place is looked at and taken by one thread at a time."""


def restore_object(
    store: Store, key: str, place: Path, content: Content, settings: Settings, stop: Stop
) -> bool:
    """As :func:`write_back`, of the object under ``key``, which the store is asked for again.

    Raises ``StoreError`` if the store as a whole gives no answer, ``StoppedError`` after ``stop``.
    """
    stop.check()
    tried = retrying(store, settings.upload, stop.sleep)
    try:
        return write_back(lambda: stop.watched(tried.read(key)), place, content)
    except UnreachableError as error:
        stop.set()
        raise store.unusable(error) from None


def write_back(chunks: Callable[[], Iterable[bytes]], place: Path, content: Content) -> bool:
    """Make ``place`` of ``chunks``; False, with nothing read, if it has these bytes already.

    The file grows beside its place, is renamed once it is on the disk, and is read back under its
    name: the disk may take that name for another file's. Raises
    ``NeedsPersonError('place_taken')`` if ``place`` has other bytes, which stay,
    ``NeedsPersonError('name_refused')`` if the disk has no such names,
    ``NeedsPersonError('object_differs')`` if ``chunks`` are not ``content``, and
    ``RetryLaterError('local_io')`` if the disk refuses.
    """
    try:
        if _has(place, content):
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        with growing(place) as file:
            _write(chunks(), file, content)
            with _PLACING:
                if _has(place, content):
                    return False
                part_of(place).rename(place)
        sync(place.parent)
        if Content(*sha256_file(place)) != content:
            raise NeedsPersonError("place_differs", f"the disk gives other bytes for {place}")
    except OSError as error:
        if refused := too_large(error):
            raise refused from None
        words = f"{place} can't be written: {error.strerror}"
        if error.errno in NAME_REFUSED:
            raise NeedsPersonError("name_refused", words) from None
        raise RetryLaterError("local_io", words) from None
    return True


def _has(place: Path, content: Content) -> bool:
    """Has ``place`` these bytes already? Nothing at all is no; others are an error."""
    if not place.exists():
        return False
    if Content(*sha256_file(place)) == content:
        return True
    raise NeedsPersonError("place_taken", f"other bytes are at {place}: move them away")


def _write(chunks: Iterable[bytes], file: BinaryIO, content: Content) -> None:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += write_all(file, chunk)
    finish(file, size)
    if Content(digest.hexdigest(), size) != content:
        raise NeedsPersonError("object_differs", "the bytes there are not the recorded ones")
