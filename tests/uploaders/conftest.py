"""A real S3 behind a proxy that fails as it is told, one for all tests of a module."""

from collections.abc import Iterator

import pytest

from tests.fakes.s3 import FaultyS3


@pytest.fixture(scope="module")
def one_proxy() -> Iterator[FaultyS3]:
    with FaultyS3() as s3:
        yield s3


@pytest.fixture
def proxy(one_proxy: FaultyS3) -> FaultyS3:
    one_proxy.reset()
    return one_proxy
