"""A real S3 server on loopback, and a proxy before it that makes it fail."""

import atexit
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from rowkeeper.core.setting_sections import Network, StoreSettings, Upload
from rowkeeper.core.settings import Settings
from uploaders.s3.client import Connection, connect
from uploaders.s3.store import S3Store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

START_TIMEOUT_S = 30.0
SECRET = "s3cr3t/never+shown"


class MiniStack:
    """The ``ministack`` server as a child process; ``url`` is its endpoint.

    ``certificate`` is a PEM file of a certificate and its key: then it speaks TLS.
    """

    def __init__(self, certificate: Path | None = None, host: str = "127.0.0.1") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ministack-")
        self.host, self.port = host, free_port()
        self.url = f"{'https' if certificate else 'http'}://{host}:{self.port}"
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": self._folder.name,
            "TMPDIR": self._folder.name,
            "BIND_HOST": host,
            "GATEWAY_PORT": str(self.port),
            "SERVICES": "s3,sts",
            "LOG_LEVEL": "ERROR",
            "AWS_SECRET_ACCESS_KEY": SECRET,  # it checks what is signed in an address, no more
        }
        if certificate:
            names = ("MINISTACK_SSL_CERT", "MINISTACK_SSL_KEY")
            environment |= {"USE_SSL": "1", **dict.fromkeys(names, str(certificate))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=self._folder.name,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def stop(self) -> None:
        """End the server; its objects are gone."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("ministack did not start")


@cache
def shared_ministack() -> MiniStack:
    """One server for all tests of this process, ended with it."""
    server = MiniStack()
    atexit.register(server.stop)
    return server


def free_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def s3_settings(
    data_dir: Path, url: str, endpoint_url: str, ca_file: Path | None = None
) -> Settings:
    """Settings for the S3 store at ``url``, quick to give up."""
    return Settings(
        data_dir=data_dir,
        network=Network(ca_file=ca_file),
        upload=Upload(workers=4, attempts=3, backoff_s=0.01),
        store=StoreSettings(
            url=url,
            endpoint_url=endpoint_url,
            access_key_id="AKIATEST",
            secret_access_key=SecretStr(SECRET),
        ),
    )


@cache
def connection_to(endpoint_url: str) -> Connection:
    """The store's own connection to an endpoint, made once: making one takes a while."""
    return connect(s3_settings(Path(), "s3://any", endpoint_url))


def client_for(endpoint_url: str) -> "S3Client":
    """The store's own client for an endpoint."""
    return connection_to(endpoint_url).client


def archive_in(monkeypatch: pytest.MonkeyPatch, url: str) -> "S3Client":
    """Have commands archive below ``s3://bucket/prefix`` of the shared server; its client."""
    endpoint = shared_ministack().url
    monkeypatch.setenv("ROWKEEPER_STORE_URL", url)
    monkeypatch.setenv("ROWKEEPER_STORE_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("ROWKEEPER_STORE_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("ROWKEEPER_STORE_SECRET_ACCESS_KEY", SECRET)
    return client_for(endpoint)


def open_uploads(client: "S3Client", bucket: str) -> set[str]:
    """The ids of the uploads in parts that were begun and neither completed nor aborted."""
    uploads = client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return {upload["UploadId"] for upload in uploads}


def s3_store(endpoint_url: str, prefix: str = "", **more: Any) -> S3Store:
    """A store in a new bucket of the shared server, reached through ``endpoint_url``."""
    bucket = f"test-{uuid.uuid4()}"
    client_for(shared_ministack().url).create_bucket(Bucket=bucket)
    return S3Store(connection_to(endpoint_url), bucket, prefix, **more)


@dataclass
class Fault:
    """What happens to the next ``times`` requests whose ``METHOD /path?query`` has ``match`` in it.

    ``match`` is a regular expression. ``kind`` is an answer such as ``503 SlowDown``, or ``drop``
    (the connection breaks off), ``corrupt`` (the first byte sent is changed), ``truncate`` (half of
    the answer's body comes).
    """

    match: str
    kind: str
    times: int = 1


CHECKSUMS = ("x-amz-checksum", "x-amz-sdk-checksum", "x-amz-trailer")
"""How the headers of checksums begin."""


class FaultyS3:
    """A proxy before the shared server, a context manager; ``url`` is the endpoint to use.

    ``requests`` lists each request as ``METHOD /path?query``, ``headers`` its headers, named
    in lower case. ``sloppy``: it knows no checksums; ``strict``: it refuses their headers.
    ``refused`` and ``required``: how it answers a request that makes an object with such a header,
    named in lower case, and one without.
    """

    def __init__(self) -> None:
        self.reset()
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Proxy)
        self._server.s3 = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def reset(self) -> None:
        """Forget all faults and requests."""
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.sloppy = False
        self.strict: str | None = None
        self.refused: dict[str, str] = {}
        self.required: dict[str, str] = {}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer no more; nobody listens from now on."""
        self._server.shutdown()
        self._server.server_close()

    def fault_for(self, request: str, headers: dict[str, str]) -> str | None:
        """The kind of the fault that meets ``request``; counts it down."""
        with self.lock:
            self.requests.append(request)
            self.headers.append(headers)
            for fault in self.faults:
                if fault.times and re.search(fault.match, request):
                    fault.times -= 1
                    return fault.kind
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    s3: FaultyS3


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test run's output clean."""

    def _answer(self) -> None:
        s3 = self.server.s3
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = {name.lower(): value for name, value in self.headers.items()}
        kind = s3.fault_for(f"{self.command} {self.path}", sent)
        if kind == "drop":
            self.close_connection = True
        elif kind and kind[0].isdigit():
            self._refuse(*kind.split(" ", 1))
        elif s3.strict and any(name.startswith(CHECKSUMS) for name in sent):
            self._refuse(*s3.strict.split(" ", 1))
        elif answer := self._judged(sent):
            self._refuse(*answer.split(" ", 1))
        else:
            if kind == "corrupt":
                body = bytes([body[0] ^ 1]) + body[1:]
            status, headers, content = self._forward(body)
            self._send(status, headers, content, cut=kind == "truncate")

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - names of http.server

    def _judged(self, sent: dict[str, str]) -> str | None:
        """The refusal of a header that the store doesn't know, or of one that is missing."""
        refused = [answer for name, answer in self.server.s3.refused.items() if name in sent]
        if self.command == "PUT" and "partNumber=" not in self.path:
            given = self.server.s3.required.items()
            refused += [answer for name, answer in given if name not in sent]
        return refused[0] if refused else None

    def _forward(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() != "expect"
            and not (self.server.s3.sloppy and name.lower().startswith(CHECKSUMS))
        }
        address = urlsplit(shared_ministack().url).netloc
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _refuse(self, status: str, code: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>AKIATEST {SECRET}</Message></Error>"
        headers = {"Content-Type": "application/xml"}
        self._send(int(status), headers, b"" if self.command == "HEAD" else text.encode())

    def _send(
        self, status: int, headers: Mapping[str, str], content: bytes, *, cut: bool = False
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        lengths = {name.lower(): value for name, value in headers.items()}
        length = lengths.get("content-length", "0") if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = self.close_connection or cut
