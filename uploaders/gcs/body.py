"""What is sent to Google Cloud Storage, and the digest that it keeps."""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rowkeeper.core.fixity import Content, md5_of
from uploaders.base import CHUNK, open_source
from uploaders.links import plain_type
from uploaders.values import UploadRequest


class Related:
    """The body of a multipart upload: the object's facts, then its bytes, read as they are sent.

    It is sent again, as after a token that ran out, if ``chunks`` gives the bytes again.
    """

    def __init__(
        self, facts: dict[str, Any], mime_type: str | None, chunks: Callable[[], Iterable[bytes]]
    ) -> None:
        boundary = uuid.uuid4().hex
        self.content_type = f"multipart/related; boundary={boundary}"
        self._chunks = chunks
        mime_type = plain_type(mime_type) or "application/octet-stream"
        self.head = (
            f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
            f"{json.dumps(facts | {'contentType': mime_type})}"
            f"\r\n--{boundary}\r\nContent-Type: {mime_type}\r\n\r\n"
        ).encode()
        self.tail = f"\r\n--{boundary}--\r\n".encode()

    def __iter__(self) -> Iterator[bytes]:
        yield self.head
        yield from self._chunks()
        yield self.tail


class Sized(Related):
    """A :class:`Related` of so many bytes, which the server is told before."""

    def __init__(
        self,
        facts: dict[str, Any],
        mime_type: str | None,
        chunks: Callable[[], Iterable[bytes]],
        size: int,
    ) -> None:
        super().__init__(facts, mime_type, chunks)
        self._size = len(self.head) + size + len(self.tail)

    def __len__(self) -> int:
        return self._size


def empty(name: str, kept: Mapping[str, str]) -> Related:
    """An object without bytes."""
    return Sized({"name": name, **kept}, None, lambda: (), 0)


def of_file(name: str, request: UploadRequest, kept: Mapping[str, str]) -> Related:
    """The object of a local file; raises ``NeedsPersonError`` if it can't be read."""

    def chunks() -> Iterator[bytes]:
        with open_source(request) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    open_source(request).close()
    facts = {"name": name, "metadata": {"sha256": request.sha256}, **kept}
    return Sized(facts, request.mime_type, chunks, request.path.stat().st_size)


def local_md5(request: UploadRequest) -> str | None:
    """The file's MD5 as the store writes it; None if it is gone or has another SHA-256 by now."""
    md5 = md5_of(request.path, Content(request.sha256, request.size_bytes))
    return base64.b64encode(bytes.fromhex(md5)).decode() if md5 else None


def new_md5() -> "hashlib._Hash":
    """An MD5, which guards against faults of the way, not against people."""
    return hashlib.md5(usedforsecurity=False)


def base64_of(digest: "hashlib._Hash") -> str:
    """A digest as the store writes it."""
    return base64.b64encode(digest.digest()).decode()
