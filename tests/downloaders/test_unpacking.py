"""A body that comes packed is unpacked, or told of: half of one is never taken for the whole."""

import gzip
import io
import zlib
from random import Random

import pytest
import urllib3

from downloaders.http import stream
from rowkeeper.core.errors import TransferError

BODY = Random(5).randbytes(300_000) + bytes(3_000_000)
ZIPPED = gzip.compress(BODY, mtime=0)


def got(body: bytes, encoding: str) -> bytes:
    response = urllib3.HTTPResponse(
        body=io.BytesIO(body), headers={"Content-Encoding": encoding}, preload_content=False
    )
    return b"".join(stream(response, lambda done, total: None))


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (ZIPPED, "gzip"),
        (ZIPPED, "X-GZip"),
        (gzip.compress(BODY[:1000], mtime=0) + gzip.compress(BODY[1000:], mtime=0), "gzip"),
        (zlib.compress(BODY), "deflate"),
        (BODY, ""),
        (BODY, "identity"),
        (BODY, "utf-8"),
        (BODY, "aws-chunked"),
    ],
)
def test_what_comes_packed_is_unpacked(body: bytes, encoding: str) -> None:
    assert got(body, encoding) == BODY


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (ZIPPED[:200_000], "gzip", "truncated"),
        (ZIPPED[:-4], "gzip", "truncated"),
        (ZIPPED[:10], "gzip", "truncated"),
        (b"", "gzip", "truncated"),
        (zlib.compress(BODY)[:-1], "deflate", "truncated"),
        (BODY, "gzip", "packed"),
        (BODY, "zstd", "packed"),
    ],
)
def test_half_of_what_came_packed_is_no_file(body: bytes, encoding: str, code: str) -> None:
    with pytest.raises(TransferError) as caught:
        got(body, encoding)
    assert caught.value.code == code
