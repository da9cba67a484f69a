"""A web server of media that fails as often as one likes, by a seed."""

import hashlib
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = ("503", "reset", "truncated", "slow", "stalled", "too_long", "html", "version")
STALL_S = 1.5


def body_of(path: str) -> bytes:
    """The true bytes of ``path``: 1 to 80 KB, always the same."""
    seed = hashlib.sha256(path.encode()).digest()
    return random.Random(seed).randbytes(1000 + int.from_bytes(seed[:2], "big"))


class Flaky:
    """``served`` counts answers by (path, fault), '' for good ones."""

    def __init__(self, share: float, faults: Sequence[str], delay_s: float, seed: int) -> None:
        self.url = ""
        self.host = ""
        self.served: Counter[tuple[str, str]] = Counter()
        self._share, self._faults, self.delay_s = share, faults, delay_s
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def fault(self, path: str) -> str:
        """What goes wrong this time; '' for nothing."""
        with self._lock:
            bad = self._random.random() < self._share
            chosen = self._random.choice(self._faults) if bad else ""
            self.served[path, chosen] += 1
            return chosen


@contextmanager
def flaky_server(
    share: float = 0.3, faults: Sequence[str] = FAULTS, delay_s: float = 0.0, seed: int = 1
) -> Iterator[Flaky]:
    """The server on loopback; ``share`` of its answers go wrong."""
    flaky = Flaky(share, faults, delay_s, seed)

    class Handler(_Handler):
        site = flaky

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    flaky.host = f"127.0.0.1:{server.server_port}"
    flaky.url = f"http://{flaky.host}/"
    try:
        yield flaky
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Flaky

    def do_GET(self) -> None:
        fault = self.site.fault(self.path)
        time.sleep(self.site.delay_s)
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
        elif fault == "503":
            self._answer(503, b"", "text/html")
        elif fault == "html":
            self._answer(200, b"<!DOCTYPE html><html>Sign in</html>", "text/html")
        else:
            self._media(fault)

    def _media(self, fault: str) -> None:
        body = body_of(self.path)
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range") == etag and fault != "version"
        first = int(wanted[1]) if wanted and same else 0
        status = 206 if wanted and same else 200
        headers = {"ETag": etag}
        if status == 206:
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        self._answer(status, body[first:], "video/mp4", fault, headers)

    def _answer(
        self,
        status: int,
        body: bytes,
        mime_type: str,
        fault: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", mime_type)
        self.send_header("Content-Length", str(len(body) + (100 if fault == "too_long" else 0)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        half = len(body) // 2
        self._write(body[:half])
        if fault == "truncated":
            self.close_connection = True
            return
        time.sleep({"slow": 0.05, "stalled": STALL_S}.get(fault, 0.0))
        self._write(body[half:])
        self.close_connection = fault == "too_long"

    def _write(self, piece: bytes) -> None:
        self.wfile.write(piece)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Answers are counted, not printed."""
