"""An S3 store that throws bytes away: ``python -m benchmarks.sink_server`` prints its port.

It answers PUT, multipart uploads, listings and HEAD, with the SHA-256 that was sent, and overwrites
nothing under ``If-None-Match: *``; only bodies up to 1 KB are held to their SHA-256 and given back,
so that a probe is answered as by a real store.
"""

import base64
import hashlib
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.processes import until_told

CHECKED = 1 << 10
CHECKSUM = "x-amz-checksum-sha256"
LAST_MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT"


def sha256_of(body: bytes) -> str:
    """The checksum of ``body`` as S3 writes it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


class Sink(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, tuple[int, str]] = {}
        self.parts: dict[str, dict[int, tuple[int, str]]] = {}
        self.small: dict[str, bytes] = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Sink

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_PUT(self) -> None:
        received = (int(self.headers["Content-Length"] or 0), self.headers.get(CHECKSUM, ""))
        small = self._drain(received[0])
        if small is not None and received[1] not in ("", sha256_of(small)):
            self._answer(400, b"<Error><Code>BadDigest</Code></Error>")
            return
        path, query = self._asked()
        if path in self.server.objects and self.headers.get("If-None-Match") == "*":
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        if "uploadId" in query:
            self.server.parts[path][int(query["partNumber"][0])] = received
        elif path.count("/") > 1:
            self.server.objects[path] = received
            if small is not None:
                self.server.small[path] = small
        self._answer(200, sha256=received[1])

    def do_POST(self) -> None:
        self._drain(int(self.headers["Content-Length"] or 0))
        path, query = self._asked()
        bucket, _, key = path.removeprefix("/").partition("/")
        names = f"<Bucket>{bucket}</Bucket><Key>{key}</Key>"
        if "uploads" in query:
            self.server.parts[path] = {}
            kind, more = "InitiateMultipartUploadResult", f"<UploadId>{path[-8:]}</UploadId>"
        else:
            parts = [part for _, part in sorted(self.server.parts.pop(path).items())]
            digests = b"".join(base64.b64decode(digest) for _, digest in parts)
            whole = base64.b64encode(hashlib.sha256(digests).digest()).decode()
            checksum = f"{whole}-{len(parts)}" if digests else ""
            self.server.objects[path] = (sum(size for size, _ in parts), checksum)
            kind, more = "CompleteMultipartUploadResult", "<ETag>sink</ETag>"
        self._answer(200, f"<{kind}>{names}{more}</{kind}>".encode())

    def do_HEAD(self) -> None:
        stored = self.server.objects.get(self._asked()[0])
        if stored:
            self._answer(200, sha256=stored[1], size=stored[0])
        else:
            self._answer(404)

    def do_GET(self) -> None:
        """A small object, or a listing, always empty: no peer is to find what another has sent."""
        path, query = self._asked()
        if path in self.server.small:
            self._answer(200, self.server.small[path])
        elif path.count("/") > 1 and query.keys() <= {"x-id"}:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            listing = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
            self._answer(200, listing)

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._asked()[0], None)
        self._answer(204)

    def _asked(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(re.sub("^/+", "/", self.path))
        return parts.path, parse_qs(parts.query, keep_blank_values=True)

    def _drain(self, size: int) -> bytes | None:
        """Read the body; return a small one."""
        if size <= CHECKED:
            return self.rfile.read(size)
        buffer = memoryview(bytearray(1 << 20))
        while size:
            got = self.rfile.readinto(buffer[: min(size, len(buffer))])
            if not got:
                raise ConnectionError
            size -= got
        return None

    def _answer(self, status: int, body: bytes = b"", sha256: str = "", size: int = 0) -> None:
        self.send_response_only(status)
        self.send_header("ETag", '"sink"')
        self.send_header("Last-Modified", LAST_MODIFIED)
        self.send_header("Content-Length", str(size or len(body)))
        if sha256:
            self.send_header(CHECKSUM, sha256)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    with until_told(), Sink() as sink:
        print(sink.server_address[1], flush=True)  # noqa: T201
        sink.serve_forever()


if __name__ == "__main__":
    main()
