"""Any store, asked again where it gave no useful answer."""

import time
from collections.abc import Callable, Container, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from rowkeeper.core.errors import TransferError
from rowkeeper.core.fixity import Content
from rowkeeper.core.retry import wait_before_next, with_retries
from uploaders.base import Store
from uploaders.links import Shown
from uploaders.values import Entry, Facts, Held, Stored, UploadRequest

if TYPE_CHECKING:
    from hashlib import _Hash

    from rowkeeper.core.setting_sections import Upload
    from uploaders.writer import Writer

T = TypeVar("T")


def retrying(
    store: Store, upload: "Upload", sleep: Callable[[float], object] = time.sleep
) -> "RetryingStore":
    """``store`` with as many tries as ``upload`` gives; ``sleep`` may raise to end a wait."""
    bare = store.bare if isinstance(store, RetryingStore) else store
    return RetryingStore(bare, upload.attempts, upload.backoff_s, sleep)


class RetryingStore(Store):
    """Wraps ``bare``: each call is tried up to ``attempts`` times, as :func:`with_retries` does it.

    A read that breaks off goes on where it ended. A stream into the store and a listing are begun
    once: who writes or lists begins anew.
    """

    def __init__(
        self, bare: Store, attempts: int, backoff_s: float, sleep: Callable[[float], object]
    ) -> None:
        self.bare = bare
        self.kind, self.root, self.endpoint = bare.kind, bare.root, bare.endpoint
        self.prefix = bare.prefix
        self._attempts, self._backoff_s, self._sleep = attempts, backoff_s, sleep

    def _tried(self, call: Callable[[], T]) -> T:
        return with_retries(call, self._attempts, self._backoff_s, self._sleep)

    @property
    def url(self) -> str:
        return self.bare.url

    @property
    def notice(self) -> str | None:
        return self.bare.notice

    def probe(self) -> None:
        self._tried(self.bare.probe)

    def put(self, request: UploadRequest, key: str) -> Stored:
        return self._tried(partial(self.bare.put, request, key))

    def held(self, request: UploadRequest, key: str) -> Held:
        return self._tried(partial(self.bare.held, request, key))

    def create(self, request: UploadRequest, key: str) -> bool:
        return self._tried(partial(self.bare.create, request, key))

    def writer(
        self, key: str, mime_type: str | None = None, digest: "_Hash | None" = None
    ) -> "Writer":
        return self.bare.writer(key, mime_type, digest)

    def stored(self, key: str, *, existed: bool) -> Stored:
        return self.bare.stored(key, existed=existed)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        return self.bare.entries(prefix)

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        done = attempt = 0
        while True:
            left = None if length is None else length - done
            try:
                for chunk in self.bare.read(key, start + done, left):
                    done += len(chunk)
                    yield chunk
            except TransferError as error:
                attempt += 1
                if done and error.code == "corrupt_object":  # what was given is not to be trusted
                    raise
                self._sleep(wait_before_next(error, attempt, self._attempts, self._backoff_s))
            else:
                return

    def describe(self, key: str) -> Facts | None:
        return self._tried(partial(self.bare.describe, key))

    def copy(self, key: str, target: str) -> bool:
        return self._tried(partial(self.bare.copy, key, target))

    def remove(self, key: str) -> None:
        self._tried(partial(self.bare.remove, key))

    def link(self, key: str, lifetime_s: int | None, shown: Shown) -> str:
        return self.bare.link(key, lifetime_s, shown)

    def known(self, keys: Iterable[str]) -> Container[str]:
        return self.bare.known(keys)

    def sweep(self) -> None:
        self._tried(self.bare.sweep)

    def taken(self, content: Content, key: str) -> Stored:
        return self._tried(partial(self.bare.taken, content, key))

    def set_aside(self, request: UploadRequest, key: str) -> None:
        self._tried(partial(self.bare.set_aside, request, key))

    def marker(self) -> str | None:
        return self._tried(self.bare.marker)

    def mark(self) -> str:
        return self._tried(self.bare.mark)

    def hold_to(self, store_id: str | None) -> None:
        self.bare.hold_to(store_id)

    def require(self) -> None:
        self._tried(self.bare.require)
