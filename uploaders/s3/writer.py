"""A stream into S3: one request if it ends within one part, else parts while the next one fills."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from rowkeeper.core.fixity import Content
from uploaders.s3.parts import PartsUpload
from uploaders.values import Stored
from uploaders.writer import Writer

if TYPE_CHECKING:
    from hashlib import _Hash

    from uploaders.s3.make import Maker


class S3Bucket(Protocol):
    """What a stream needs of the store that it goes to."""

    part_size: int
    maker: "Maker"

    def name(self, key: str) -> str: ...
    def faults(self) -> AbstractContextManager[None]: ...
    def begin(self, key: str, mime_type: str | None) -> PartsUpload: ...
    def stored(self, key: str, *, existed: bool) -> Stored: ...
    def taken(self, content: Content, key: str) -> Stored: ...


class S3Writer(Writer):
    """Bytes that fill a part at a time."""

    def __init__(
        self, store: S3Bucket, key: str, mime_type: str | None, digest: "_Hash | None"
    ) -> None:
        super().__init__(digest)
        self._store, self._key, self._mime_type = store, key, mime_type
        self._next: list[bytes] = []
        self._held = 0
        self._upload: PartsUpload | None = None

    def _take(self, chunk: bytes) -> None:
        size, rest = self._store.part_size, memoryview(chunk)
        while self._held + len(rest) >= size:
            room = size - self._held
            self._next.append(bytes(rest[:room]))
            self._send(self._all())
            rest = rest[room:]
        if rest:
            self._next.append(chunk if len(rest) == len(chunk) else bytes(rest))
            self._held += len(rest)

    def _all(self) -> bytes:
        """What waits for its part, which then waits no more."""
        body = b"".join(self._next)
        self._next, self._held = [], 0
        return body

    def _send(self, body: bytes) -> None:
        with self._store.faults():
            if self._upload is None:
                self._upload = self._store.begin(self._key, self._mime_type)
            self._upload.add(body)

    def _finish(self, content: Content) -> Stored:
        rest = self._all()
        with self._store.faults():
            if self._upload is None:
                name = self._store.name(self._key)
                made = self._store.maker.whole(name, rest, content, self._mime_type)
            else:
                if rest:
                    self._upload.add(rest)
                made = self._store.maker.complete(
                    self._upload, self._store.name(self._key), content
                )
        if made:
            return self._store.stored(self._key, existed=False)
        return self._store.taken(content, self._key)

    def _close(self) -> None:
        if self._upload is not None:
            self._upload.give_up()
