"""A stream into a folder: a part that grows beside its place."""

from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from rowkeeper.core.fixity import Content
from uploaders.values import Stored
from uploaders.writer import Writer

if TYPE_CHECKING:
    from hashlib import _Hash


class LocalFolder(Protocol):
    """What a stream needs of the store that it goes to."""

    def growing(self, path: Path) -> AbstractContextManager[BinaryIO]: ...
    def finish(self, path: Path, file: BinaryIO, facts: tuple[str, int]) -> bool: ...
    def stored(self, key: str, *, existed: bool) -> Stored: ...
    def taken(self, content: Content, key: str) -> Stored: ...
    def faults(self) -> AbstractContextManager[None]: ...


class LocalWriter(Writer):
    """Chunks that are written to the locked part of ``path``, the place of ``key``."""

    def __init__(self, store: LocalFolder, path: Path, key: str, digest: "_Hash | None") -> None:
        super().__init__(digest)
        self._store, self._path, self._key = store, path, key
        self._open = ExitStack()
        self._file = self._open.enter_context(store.growing(path))

    def _take(self, chunk: bytes) -> None:
        with self._store.faults():
            self._file.write(chunk)

    def _finish(self, content: Content) -> Stored:
        facts = (content.sha256, content.size_bytes)
        if self._store.finish(self._path, self._file, facts):
            return self._store.stored(self._key, existed=False)
        return self._store.taken(content, self._key)

    def _close(self) -> None:
        with suppress(OSError):
            self._open.close()
