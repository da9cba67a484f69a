"""A small internet on loopback: a forward proxy that answers for the sites it knows.

``CONNECT host:443`` ends TLS here, with a certificate for that host from an authority of our own,
so clients verify certificates as they do outside. Nothing leaves the machine.
"""

import ssl
import tempfile
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

import trustme

from tests.fakes import drive_api, google, videos, youtube
from tests.fakes.site import Fault, Handler, Site, WebRequest, WebResponse, not_found, redirect

if TYPE_CHECKING:  # the demo has no pytest
    import pytest

LOOPBACK = "127.0.0.1"
HANDLERS: dict[str, Handler] = {
    "drive.google.com": google.drive,
    "drive.usercontent.google.com": google.usercontent,
    "docs.google.com": google.docs,
    "accounts.google.com": google.accounts,
    "www.googleapis.com": drive_api.files,
    "oauth2.googleapis.com": drive_api.token,
    **videos.HANDLERS,
    "www.youtube.com": youtube.www,
    "rr1---sn-fake.googlevideo.com": youtube.googlevideo,
}


class FakeInternet:
    """A context manager; inside, ``proxy`` and ``ca_file`` are what a client needs.

    ``requests`` lists every request as ``(method, host, path)`` in order of arrival. ``port`` 0
    takes a free one. ``served`` counts the bytes of bodies by host.
    """

    def __init__(self, site: Site, port: int = 0, host: str = LOOPBACK) -> None:
        self.site = site
        self.requests: list[tuple[str, str, str]] = []
        self.served: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="fake-internet-")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_file))
        self._server = _Server((host, port), _Proxy)
        self._server.internet = self
        self.proxy = f"http://{host}:{self._server.server_address[1]}"

    @property
    def variables(self) -> dict[str, str]:
        """What leads rowkeeper here, as variables of an environment."""
        return {
            "ROWKEEPER_NETWORK_PROXY": self.proxy,
            "ROWKEEPER_NETWORK_CA_FILE": str(self.ca_file),
        }

    def lead_here(self, monkeypatch: "pytest.MonkeyPatch") -> None:
        """Set those variables, for the rest of a test."""
        for name, value in self.variables.items():
            monkeypatch.setenv(name, value)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def fetched(self, match: str) -> int:
        """How many requests so far had ``match`` in their ``host/path``."""
        with self._lock:
            return sum(match in host + path for _, host, path in self.requests)

    def tls(self, host: str) -> ssl.SSLContext:
        """The server's TLS settings for ``host``, its certificate made on first use."""
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._authority.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]

    def answer(self, request: WebRequest, address: str) -> tuple[WebResponse, str | None]:
        """The answer to ``request``, and the kind of a fault that the server has to act out."""
        with self._lock:
            self.requests.append((request.method, request.host, request.path))
            fault = self._next_fault(address)
        if fault and isinstance(fault.kind, int):
            return WebResponse(b"<html>Sorry</html>", status=fault.kind), None
        if fault and str(fault.kind).startswith("wait:"):
            headers = {"Retry-After": str(fault.kind).removeprefix("wait:")}
            return WebResponse(b"<html>Sorry</html>", status=429, headers=headers), None
        if fault and str(fault.kind).startswith("redirect:"):
            return redirect(str(fault.kind).removeprefix("redirect:")), None
        page = self.site.pages.get(request.host + request.path)
        if page is not None:
            response = WebResponse(page.encode())
        else:
            handler = HANDLERS.get(request.host)
            response = handler(self.site, request) if handler else not_found()
        return response, str(fault.kind) if fault else None

    def _next_fault(self, address: str) -> Fault | None:
        for fault in self.site.faults:
            if fault.times > 0 and fault.match in address:
                fault.times -= 1
                return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    internet: FakeInternet

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no news."""


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    tls_host: str | None = None
    timeout = 60

    def do_CONNECT(self) -> None:
        self.tls_host = self.path.rpartition(":")[0]
        self.send_response_only(200, "Connection established")
        self.end_headers()
        context = self.server.internet.tls(self.tls_host)
        connection = context.wrap_socket(self.connection, server_side=True)
        self.connection = connection
        self.rfile = connection.makefile("rb")
        self.wfile = connection.makefile("wb")
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        if self.tls_host:
            self.connection.close()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        host = self.tls_host or parts.hostname or ""
        request = WebRequest(
            method=self.command,
            host=host,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        address = f"{host}{parts.path}?{parts.query}"
        self._send(*self.server.internet.answer(request, address))

    do_POST = do_HEAD = do_GET  # noqa: N815

    def _send(self, response: WebResponse, fault: str | None) -> None:
        if fault == "drop":
            self.close_connection = True
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        body = response.body
        if fault == "truncate":
            body = body[: len(body) // 2]
            self.close_connection = True
        self.server.internet.served[self.tls_host or ""] += len(body)
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are listed in ``FakeInternet.requests``, not printed."""
