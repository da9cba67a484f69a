"""A stream into a store: bytes come in chunks, and what they are is known only at their end."""

import hashlib
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rowkeeper.core.errors import RetryLaterError
from rowkeeper.core.fixity import Content
from uploaders.values import Stored

if TYPE_CHECKING:
    from hashlib import _Hash


class Writer(ABC):
    """An object that is there, whole and verified, only after :meth:`commit`.

    A context manager for one thread: left without a commit, nothing stays in the store. Memory is
    bounded by the parts in flight. ``write`` and ``commit`` raise as ``Store.put`` does.
    """

    def __init__(self, digest: "_Hash | None" = None) -> None:
        """``digest``: a SHA-256 that is told of each chunk before it is written, by the caller."""
        self._is_told = digest is not None
        self._digest, self._size = digest or hashlib.sha256(), 0

    @property
    def content(self) -> Content:
        """What has been written so far."""
        return Content(self._digest.hexdigest(), self._size)

    def write(self, chunk: bytes) -> None:
        """Append ``chunk``; waits while too much is in flight."""
        if not self._is_told:
            self._digest.update(chunk)
        self._size += len(chunk)
        self._take(chunk)

    def commit(self, sha256: str) -> Stored:
        """Make the object of all that was written, hold it to ``sha256`` and say where it is.

        ``existed`` if the key had these bytes already. If it has others, they stay and
        ``NeedsPersonError('object_differs')`` is raised; ``RetryLaterError('corrupt_stream')`` if
        what was written is not ``sha256``.
        """
        if self.content.sha256 != sha256:
            raise RetryLaterError("corrupt_stream", "other bytes came than their SHA-256 says")
        return self._finish(self.content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    @abstractmethod
    def _take(self, chunk: bytes) -> None:
        """Send ``chunk`` on, or keep it for the next part."""

    @abstractmethod
    def _finish(self, content: Content) -> Stored:
        """Make the object of ``content``, which is all that was taken."""

    @abstractmethod
    def _close(self) -> None:
        """Leave nothing behind, unless the object was made; never raises."""
