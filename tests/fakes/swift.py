"""OpenStack Swift on loopback: a store that is strict with signatures, hashes and conditions."""

import atexit
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import trustme
from pydantic import SecretStr

from rowkeeper.core.settings import Settings
from tests.fakes.s3 import s3_settings
from uploaders.s3.store import S3Store

ACCESS_KEY, SECRET_KEY = "test:tester", "testing"  # as tests/fakes/swift_server.py has them
ROOT = Path(__file__).parents[2]


class Swift:
    """The server as a child process: ``url`` and ``tls_url``, which ``ca_file`` vouches for."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="swift-")
        folder = Path(self._folder.name)
        self.ca_file, certificate = folder / "ca.pem", folder / "server.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
        module = ["-W", "ignore", "-m", "tests.fakes.swift_server"]
        self._process = subprocess.Popen(
            [sys.executable, *module, str(folder), str(certificate)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        ports = [line.strip() for line in self._lines(2)]
        self.url, self.tls_url = f"http://127.0.0.1:{ports[0]}", f"https://127.0.0.1:{ports[1]}"

    def _lines(self, count: int) -> Iterator[str]:
        assert self._process.stdout is not None
        for _ in range(count):
            if not (line := self._process.stdout.readline()):
                raise RuntimeError("Swift did not start")
            yield line

    def stop(self) -> None:
        """End the server; its objects are gone."""
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def settings(self, url: str, *, tls: bool = False, secret: str = SECRET_KEY) -> Settings:
        """Settings for the S3 store at ``url``."""
        endpoint, ca_file = (self.tls_url, self.ca_file) if tls else (self.url, None)
        made = s3_settings(Path(), url, endpoint, ca_file)
        keys = {"access_key_id": ACCESS_KEY, "secret_access_key": SecretStr(secret)}
        return made.model_copy(update={"store": made.store.model_copy(update=keys)})


@cache
def shared_swift() -> Swift:
    """One server for all tests of this process, ended with it."""
    server = Swift()
    atexit.register(server.stop)
    return server


@cache
def _store(tls: bool) -> S3Store:
    return S3Store.from_settings(shared_swift().settings("s3://any", tls=tls))


def swift_store(prefix: str = "", *, tls: bool = False, **more: Any) -> S3Store:
    """A store in a new bucket of the shared server."""
    connection, bucket = _store(tls).connection, f"test-{uuid.uuid4()}"
    connection.client.create_bucket(Bucket=bucket)
    return S3Store(connection, bucket, prefix, **more)
