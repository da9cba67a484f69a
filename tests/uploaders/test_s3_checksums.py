"""Stores that refuse the headers of checksums: told once, and each object is read back instead."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rowkeeper.core.errors import RetryLaterError, StoreError
from tests.fakes.s3 import CHECKSUMS, Fault, FaultyS3, s3_settings, s3_store
from tests.helpers.stores import request_of
from uploaders.base import object_key
from uploaders.registry import open_store
from uploaders.s3.store import S3Store
from uploaders.values import Held

REFUSALS = ["400 InvalidArgument", "400 InvalidRequest", "501 NotImplemented"]


@pytest.fixture
def s3() -> Iterator[FaultyS3]:
    with FaultyS3() as running:
        yield running


def store_of(tmp_path: Path, s3: FaultyS3) -> S3Store:
    store = open_store(s3_settings(tmp_path, f"s3://checksums/{tmp_path.name}", s3.url))
    assert isinstance(store, S3Store)
    store.client.create_bucket(Bucket="checksums")
    store.multipart_threshold, store.part_size = 6 << 20, 5 << 20
    return store


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("probed", [True, False])
@pytest.mark.parametrize("size", [9, (6 << 20) + 9])
def test_what_refuses_checksums_is_read_back(
    tmp_path: Path, s3: FaultyS3, refusal: str, probed: bool, size: int
) -> None:
    store = store_of(tmp_path, s3)
    s3.strict = refusal
    if probed:
        store.check()
    request = request_of(tmp_path, f"{refusal}{probed}".encode() + b"x" * size)
    key = object_key(request)
    s3.requests.clear()
    assert not store.put(request, key).existed
    assert any(line.startswith("GET ") and key in line for line in s3.requests)
    assert b"".join(store.read(key)) == request.path.read_bytes()
    assert store.held(request, key) is Held.SAME
    assert "read back" in str(store.notice)
    s3.headers.clear()
    store.put(request_of(tmp_path, f"more {refusal}{probed}{size}".encode()), f"more/{key}")
    sent = {name for headers in s3.headers for name in headers}
    assert not [name for name in sent if name.startswith(CHECKSUMS)]


@pytest.mark.parametrize("body", [b"<Error><Code>InternalError</Code></Error>", b"<html>", b""])
def test_a_200_that_names_no_object_is_no_upload(body: bytes) -> None:
    store, digest = s3_store("http://127.0.0.1:9"), bytes(32)
    answer = SimpleNamespace(status_code=200, headers={"Content-Type": "text/html"}, content=body)
    sender: Any = store.maker.sender
    sender._session = SimpleNamespace(send=lambda _: answer)
    with pytest.raises(RetryLaterError, match="no whole answer: ETag"), store.faults():
        sender.put("k", b"x", digest)


def test_what_was_changed_on_the_way_is_still_noticed(tmp_path: Path, s3: FaultyS3) -> None:
    store = store_of(tmp_path, s3)
    s3.strict = REFUSALS[0]
    store.check()
    request = request_of(tmp_path, b"bytes that change")
    s3.faults = [Fault(f"PUT .*{object_key(request)}", "corrupt", times=9)]
    with pytest.raises(Exception, match=r"SHA-256|corrupt|other bytes"):
        store.put(request, object_key(request))
    assert store.describe(object_key(request)) is None


def test_a_store_that_takes_no_object_at_all_says_so_once(tmp_path: Path, s3: FaultyS3) -> None:
    store = store_of(tmp_path, s3)
    s3.faults = [Fault("PUT ", "400 InvalidRequest", times=99)]
    with pytest.raises(StoreError, match=r"takes no object \(InvalidRequest\)"):
        store.check()


def test_a_store_that_knows_checksums_has_no_notice(tmp_path: Path, s3: FaultyS3) -> None:
    store = store_of(tmp_path, s3)
    store.check()
    assert store.notice is None
    assert store.maker.checks_sha256


def test_a_store_that_deletes_nothing_says_so_and_takes_objects(
    tmp_path: Path, s3: FaultyS3
) -> None:
    store = store_of(tmp_path, s3)
    s3.faults = [Fault("DELETE ", "403 AccessDenied", times=99)]
    for _ in range(2):
        store.check()
    assert "lets nothing be deleted, so .rowkeeper-probe stays" in str(store.notice)
    assert not store.put(request_of(tmp_path, b"kept for good"), "k").existed
    assert [entry.key for entry in store.entries()] == ["k"]
    s3.faults = []
    store.check()
    assert store.notice is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [("403 AccessDenied", "may list, read and write"), ("corrupt", "gives other bytes")],
)
def test_a_store_that_does_not_give_what_it_took(
    tmp_path: Path, s3: FaultyS3, kind: str, words: str
) -> None:
    store = store_of(tmp_path, s3)
    s3.strict = REFUSALS[0]
    s3.faults = [Fault(f"{'PUT' if kind == 'corrupt' else 'GET'} .*probe", kind, times=99)]
    with pytest.raises(StoreError, match=words):
        store.check()
    s3.faults = []
    assert not store.client.list_objects_v2(Bucket=store.bucket, Prefix=store.name("")).get(
        "Contents"
    )
