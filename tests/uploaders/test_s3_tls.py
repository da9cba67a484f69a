"""S3 over TLS, by an authority that is trusted and by one that is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from rowkeeper.core.errors import StoreError, UsageError
from tests.fakes.s3 import (
    MiniStack,
    s3_settings,
)
from tests.helpers.stores import request_of
from uploaders.base import object_key
from uploaders.registry import open_store
from uploaders.s3.client import connect
from uploaders.s3.store import S3Store

WHOLE: dict[str, Any] = {}


PARTS: dict[str, Any] = {"multipart_threshold": 1, "part_size": 5 << 20}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server that speaks TLS: its endpoint and the PEM of its authority."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "server.pem")
    )
    server = MiniStack(folder / "server.pem")
    yield server.url, folder / "ca.pem"
    server.stop()


def test_over_tls(tls: tuple[str, Path], tmp_path: Path) -> None:
    url, ca_file = tls
    settings = s3_settings(tmp_path, "s3://over-tls/x", url, ca_file)
    connection = connect(settings)
    connection.client.create_bucket(Bucket="over-tls")
    for number, more in enumerate((WHOLE, PARTS)):
        store = S3Store(connection, "over-tls", str(number), **more)
        store.check()
        request = request_of(tmp_path, b"body" * (2 << 20))
        assert not store.put(request, object_key(request)).existed
        assert store.put(request, object_key(request)).existed


def test_an_authority_that_is_not_trusted(tls: tuple[str, Path], tmp_path: Path) -> None:
    store = open_store(s3_settings(tmp_path, "s3://over-tls", tls[0]))
    with pytest.raises(StoreError, match="certificate is not trusted here"):
        store.check()
    with pytest.raises(UsageError, match=r"network\.ca_file .* is no file"):
        open_store(s3_settings(tmp_path, "s3://over-tls", tls[0], tmp_path / "none.pem"))
