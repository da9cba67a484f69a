"""A stream into Google Cloud Storage: one request whose end is not known at its start."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Full, Queue
from typing import TYPE_CHECKING, Any, Protocol

from rowkeeper.core.fixity import Content, content_of
from uploaders.gcs.body import Related, base64_of, new_md5
from uploaders.values import Stored
from uploaders.writer import Writer

if TYPE_CHECKING:
    from hashlib import _Hash

AHEAD = 8
WAKE_S = 0.5


class GcsBucket(Protocol):
    """What a stream needs of the store that it goes to."""

    kept: dict[str, str]

    def name(self, key: str) -> str: ...
    def facts(self, key: str) -> dict[str, Any] | None: ...
    def make(self, body: Related) -> dict[str, Any]: ...
    def hold(self, key: str, made: dict[str, Any], same: Callable[[], bool]) -> None: ...
    def stored(self, key: str, *, existed: bool) -> Stored: ...
    def taken(self, content: Content, key: str) -> Stored: ...
    def read(self, key: str) -> Iterator[bytes]: ...


class GcsWriter(Writer):
    """Chunks that a thread sends, ``AHEAD`` of them waiting at most.

    The request has the condition that nothing is there. It ends without its last chunk if the
    stream is given up, and no object is made of half a request. Where the key is taken already,
    nothing is sent: the bytes are only counted, to be compared.
    """

    def __init__(
        self, store: GcsBucket, key: str, mime_type: str | None, digest: "_Hash | None"
    ) -> None:
        super().__init__(digest)
        self._store, self._key = store, key
        self._md5 = new_md5()
        self._waiting: Queue[bytes | None] = Queue(AHEAD)
        self._given_up = False
        self._sent: Future[dict[str, Any]] | None = None
        if store.facts(key) is None:
            body = Related({"name": store.name(key), **store.kept}, mime_type, self._chunks)
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="stream")
            self._sent = self._thread.submit(store.make, body)

    def _take(self, chunk: bytes) -> None:
        self._md5.update(chunk)
        if chunk:
            self._push(chunk)

    def _finish(self, content: Content) -> Stored:
        self._push(None)
        made = self._sent.result() if self._sent else {}
        if not made:
            return self._store.taken(content, self._key)
        self._store.hold(self._key, made, lambda: self._same(content, made))
        return self._store.stored(self._key, existed=False)

    def _same(self, content: Content, made: dict[str, Any]) -> bool:
        if "md5Hash" in made:
            return bool(made["md5Hash"] == base64_of(self._md5))
        return content_of(self._store.read(self._key)) == content

    def _close(self) -> None:
        if self._sent is None:
            return
        self._given_up = True
        with suppress(Full):  # then there is something that wakes the thread
            self._waiting.put_nowait(None)
        self._thread.shutdown()

    def _push(self, chunk: bytes | None) -> None:
        """Put ``chunk`` in the queue; raises what ended the request, if it has ended."""
        while self._sent:
            if self._sent.done():
                self._sent.result()
                return
            with suppress(Full):
                self._waiting.put(chunk, timeout=WAKE_S)
                return

    def _chunks(self) -> Iterator[bytes]:
        while (chunk := self._waiting.get()) is not None and not self._given_up:
            yield chunk
        if self._given_up:
            raise GivenUpError


class GivenUpError(Exception):
    """Ends a request in its middle."""
