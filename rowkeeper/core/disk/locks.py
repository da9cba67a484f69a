"""Locks on open files. Where a disk has none, the threads of this process are kept apart all the
same; another process is not, which the probe of the disk tells of.
"""

import errno
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rowkeeper.core import clock
from rowkeeper.core.disk.own import own_file

NO_LOCKS = frozenset(
    {
        errno.ENOLCK,
        errno.ENOSYS,
        errno.EOPNOTSUPP,
        errno.ENOTSUP,
        errno.EINVAL,
        errno.EPROTONOSUPPORT,
    }
)
"""What file systems without locks answer: some shares, FUSE."""
POLL_S = 0.005
_ours: set[tuple[int, int]] = set()
_changed = threading.Condition()


class HasDescriptor(Protocol):
    """An open file, or its descriptor wrapped."""

    def fileno(self) -> int: ...


@contextmanager
def locked(file: HasDescriptor) -> Iterator[None]:
    """Wait until ``file`` is nobody else's, and keep others out until the end."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        _take(file)
    try:
        yield
    finally:
        unlock(file)


@contextmanager
def lock_path(path: Path, timeout_s: float | None = None) -> Iterator[None]:
    """Have the lock file at ``path``, which is made and stays, until the end.

    Raises ``TimeoutError`` if somebody else still has it after so many seconds; without a number it
    waits for ever.
    """
    until = None if timeout_s is None else clock.seconds() + timeout_s

    def be_in_time() -> None:
        if until is not None and clock.seconds() >= until:
            raise TimeoutError(f"somebody else has {path}")

    with own_file(path) as file, awaited(file, be_in_time):
        yield


@contextmanager
def awaited(file: HasDescriptor, meanwhile: Callable[[], object]) -> Iterator[None]:
    """As :func:`locked`; ``meanwhile`` is called as long as somebody else has it, and may raise."""
    while not try_lock(file):
        meanwhile()
        time.sleep(POLL_S)
    try:
        yield
    finally:
        unlock(file)


def try_lock(file: HasDescriptor) -> bool:
    """Take the lock of ``file`` unless somebody has it; :func:`unlock` gives it back."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return _take(file, wait=False)
    return True


def unlock(file: HasDescriptor) -> None:
    """Give the lock of ``file`` back; none is no error. To be called before it is closed."""
    if _ours:  # some disk here has no locks
        with _changed:
            _ours.discard(_identity(file))
            _changed.notify_all()
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise


def _take(file: HasDescriptor, *, wait: bool = True) -> bool:
    key = _identity(file)
    with _changed:
        while key in _ours:
            if not wait:
                return False
            _changed.wait()
        _ours.add(key)
    return True


def _identity(file: HasDescriptor) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino
