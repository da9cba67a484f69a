"""What is sent to Google Cloud Storage, and the digest that it keeps."""

import base64
import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

from rowkeeper.errors import NeedsPersonError
from uploaders.base import CHUNK, UploadRequest, content_type, open_source


class Related:
    """The body of a multipart upload: the object's facts, then its bytes, read as they are sent.

    It can be sent twice, as after a token that ran out. Without a request the object is empty.
    """

    def __init__(self, name: str, request: UploadRequest | None) -> None:
        boundary = uuid.uuid4().hex
        self.content_type = f"multipart/related; boundary={boundary}"
        self.request = request
        mime_type = (content_type(request) if request else None) or "application/octet-stream"
        facts: dict[str, Any] = {"name": name, "contentType": mime_type}
        if request:
            facts["metadata"] = {"sha256": request.sha256}
        self._head = (
            f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
            f"{json.dumps(facts)}\r\n--{boundary}\r\nContent-Type: {mime_type}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        size = request.path.stat().st_size if request else 0
        self._size = len(self._head) + size + len(self._tail)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        if self.request:
            with open_source(self.request) as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        yield self._tail


def local_md5(request: UploadRequest) -> str | None:
    """The file's MD5 in base64; None if it is gone or no longer has the request's SHA-256."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    try:
        with open_source(request) as file:
            while chunk := file.read(CHUNK):
                md5.update(chunk)
                sha256.update(chunk)
    except NeedsPersonError:
        return None
    return base64.b64encode(md5.digest()).decode() if sha256.hexdigest() == request.sha256 else None
