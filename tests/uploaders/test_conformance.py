"""What every store has to do, listing, reading, copying and deleting too: real servers all."""

import hashlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, StoreError
from rowkeeper.core.setting_sections import Upload
from tests.fakes.gcs import gcs_store
from tests.fakes.s3 import MiniStack, open_uploads, s3_settings, s3_store, shared_ministack
from tests.fakes.swift import swift_store
from tests.helpers.stores import ODD_KEYS, put, request_of, stream
from uploaders.base import MARKER, Store
from uploaders.local.store import LocalStore
from uploaders.retrying import retrying
from uploaders.s3.client import connect
from uploaders.s3.store import S3Store
from uploaders.values import Entry, Held

PART = 5 << 20


@dataclass
class Tls:
    """An S3 server that speaks TLS, and the certificate of who vouches for it."""

    server: MiniStack
    ca_file: Path


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tls]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    server = MiniStack(folder / "server.pem")
    yield Tls(server, folder / "ca.pem")
    server.stop()


def over_tls(tls: Tls) -> S3Store:
    settings = s3_settings(tls.ca_file.parent, "s3://tls", tls.server.url, tls.ca_file)
    connection = connect(settings)
    bucket = f"tls-{uuid.uuid4()}"
    connection.client.create_bucket(Bucket=bucket)
    return S3Store(connection, bucket, "pre fix/ü")


SWIFT: dict[str, dict[str, Any]] = {
    "swift": {},
    "swift_parts": {"multipart_threshold": 1, "part_size": PART},
    "swift_tls": {"tls": True, "multipart_threshold": PART, "part_size": PART},
}


@pytest.fixture(params=["local", "retrying", "s3", "s3_parts", "s3_tls", "gcs", *SWIFT])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made: Store
    if request.param == "local":
        made = LocalStore(tmp_path / "archive ü")
    elif request.param == "retrying":
        made = retrying(LocalStore(tmp_path / "archive"), Upload())
    elif request.param == "s3":
        made = s3_store(shared_ministack().url, "pre fix/ü")
    elif request.param in SWIFT:
        made = swift_store("pre fix/ü", **SWIFT[request.param])
    elif request.param == "gcs":
        made = gcs_store("pre fix/ü")
    elif request.param == "s3_parts":
        made = s3_store(shared_ministack().url, multipart_threshold=1, part_size=PART)
    else:
        made = over_tls(request.getfixturevalue("tls"))
    made.check()
    return made


def body_of(store: Store, key: str) -> bytes:
    return b"".join(store.read(key))


def test_a_check_leaves_nothing(store: Store) -> None:
    assert list(store.entries()) == []


def test_created_once_and_never_overwritten(store: Store, tmp_path: Path) -> None:
    request = put(store, tmp_path, "a/b.bin", b"first")
    assert store.held(request, "a/b.bin") is Held.SAME
    assert store.held(request, "a/c.bin") is Held.NOTHING
    assert store.put(request, "a/b.bin").existed
    other = request_of(tmp_path, b"other")
    assert not store.create(other, "a/b.bin")
    assert store.held(other, "a/b.bin") is Held.OTHER
    with pytest.raises(NeedsPersonError, match="other bytes"):
        store.put(other, "a/b.bin")
    assert body_of(store, "a/b.bin") == b"first"


def test_same_size_and_other_bytes(store: Store, tmp_path: Path) -> None:
    request = put(store, tmp_path, "k", b"0000")
    assert store.held(replace(request, sha256="0" * 64), "k") is Held.OTHER


@pytest.mark.parametrize("size", [0, 1, PART, 2 * PART + 3])
def test_sizes(store: Store, tmp_path: Path, size: int) -> None:
    body = bytes(range(251)) * (size // 251 + 1)
    request = put(store, tmp_path, "sized.bin", body[:size])
    assert list(store.entries()) == [Entry("sized.bin", size)]
    assert hashlib.sha256(body_of(store, "sized.bin")).hexdigest() == request.sha256


@pytest.mark.parametrize(
    ("start", "length", "found"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (0, 4, b"0123"),
        (3, 4, b"3456"),
        (9, 1, b"9"),
        (8, 100, b"89"),
        (3, 0, b""),
        (10, None, b""),
        (50, 5, b""),
    ],
)
def test_ranges(store: Store, tmp_path: Path, start: int, length: int | None, found: bytes) -> None:
    put(store, tmp_path, "k", b"0123456789")
    assert b"".join(store.read("k", start, length)) == found


@pytest.mark.parametrize("size", [0, 1, PART, 2 * PART + 3])
def test_a_stream_of_any_size(store: Store, size: int) -> None:
    body = (bytes(range(251)) * (size // 251 + 1))[:size]
    sha256 = hashlib.sha256(body).hexdigest()
    for existed in (False, True):
        stored = stream(store, "streamed.bin", body, sha256)
        assert (stored.existed, store.key_of(stored.object_key)) == (existed, "streamed.bin")
    assert hashlib.sha256(body_of(store, "streamed.bin")).hexdigest() == sha256
    assert list(store.entries()) == [Entry("streamed.bin", size)]


@pytest.mark.parametrize("size", [10, 2 * PART])
def test_a_stream_that_is_not_committed_leaves_nothing(store: Store, size: int) -> None:
    with store.writer("k") as writer:
        writer.write(b"x" * size)
        time.sleep(0.05)  # all that was written is on its way, and nothing comes
    with pytest.raises(RetryLaterError) as raised:
        stream(store, "k", b"x" * size, "0" * 64)
    assert raised.value.code == "corrupt_stream"
    assert list(store.entries()) == []
    if isinstance(store, S3Store):
        assert not open_uploads(store.client, store.bucket)
    if isinstance(store, LocalStore):
        assert [path for path in store.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("size", [10, 2 * PART])
def test_a_stream_to_a_key_with_other_bytes(store: Store, tmp_path: Path, size: int) -> None:
    put(store, tmp_path, "k", b"first")
    with pytest.raises(NeedsPersonError) as raised:
        stream(store, "k", b"x" * size, hashlib.sha256(b"x" * size).hexdigest())
    assert raised.value.code == "object_differs"
    assert body_of(store, "k") == b"first"


def test_odd_keys(store: Store, tmp_path: Path) -> None:
    for number, key in enumerate(ODD_KEYS):
        put(store, tmp_path, key, b"%d" % number)
    assert {entry.key for entry in store.entries()} == set(ODD_KEYS)
    for number, key in enumerate(ODD_KEYS):
        assert body_of(store, key) == b"%d" % number
        assert [entry.key for entry in store.entries(key)] == [key]
        assert store.copy(key, f"copied/{key}")
        store.remove(key)
        assert body_of(store, f"copied/{key}") == b"%d" % number
    assert {entry.key for entry in store.entries()} == {f"copied/{key}" for key in ODD_KEYS}


def test_a_prefix_is_of_the_key(store: Store, tmp_path: Path) -> None:
    for key in ("people/1/a", "people/10/b", "other/people/1/c"):
        put(store, tmp_path, key, b"x")
    assert sorted(entry.key for entry in store.entries("people/1")) == ["people/1/a", "people/10/b"]
    assert [entry.key for entry in store.entries("people/1/")] == ["people/1/a"]
    assert list(store.entries("nobody")) == []


def test_what_a_store_says_of_an_object_is_so(store: Store, tmp_path: Path) -> None:
    request = put(store, tmp_path, "a b/ü.mp4", b"body")
    facts = store.describe("a b/ü.mp4")
    assert facts is not None
    assert facts.size_bytes == 4
    assert facts.mime_type in {None, request.mime_type}
    assert facts.md5 in {None, hashlib.md5(b"body", usedforsecurity=False).hexdigest()}
    assert facts.sha256 in {None, request.sha256}
    assert store.describe("a b") is None


def test_a_copy_is_the_same_and_takes_no_place(store: Store, tmp_path: Path) -> None:
    request = put(store, tmp_path, "old/k", b"body")
    other = put(store, tmp_path, "taken", b"other")
    assert store.copy("old/k", "new/k")
    assert store.held(request, "new/k") is Held.SAME
    assert store.held(request, "old/k") is Held.SAME
    assert not store.copy("old/k", "taken")
    assert store.held(other, "taken") is Held.SAME


def test_removed_is_gone(store: Store, tmp_path: Path) -> None:
    request = put(store, tmp_path, "k", b"body")
    for _ in range(2):
        store.remove("k")
        assert store.held(request, "k") is Held.NOTHING
    assert not store.put(request, "k").existed


def test_what_is_not_there(store: Store) -> None:
    with pytest.raises(NeedsPersonError) as raised:
        body_of(store, "nothing")
    assert raised.value.code == "object_missing"
    with pytest.raises(NeedsPersonError) as raised:
        store.copy("nothing", "target")
    assert raised.value.code == "object_missing"
    assert list(store.entries()) == []


def test_a_changed_source_leaves_nothing(store: Store, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body")
    request.path.write_bytes(b"bodi")
    with pytest.raises(Exception, match=r"changed|SHA-256|other bytes"):
        store.create(request, "k")
    assert list(store.entries()) == []


def test_a_listing_of_many_pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = s3_store(shared_ministack().url)
    keys = {f"k/{number:03}" for number in range(25)}
    for key in keys:
        put(store, tmp_path, key, b"x")
    pages = store.client.get_paginator("list_objects_v2")
    paginate = pages.paginate
    monkeypatch.setattr(
        pages, "paginate", lambda **given: paginate(**given, PaginationConfig={"PageSize": 7})
    )
    monkeypatch.setattr(store.client, "get_paginator", lambda _: pages)
    listed = [entry.key for entry in store.entries()]
    assert len(listed) == 25
    assert set(listed) == keys


@pytest.mark.parametrize("key", ["../out", "a/../../out", "/etc/passwd"])
def test_a_key_does_not_lead_out_of_a_folder(tmp_path: Path, key: str) -> None:
    (tmp_path / "out").write_text("mine")
    store = LocalStore(tmp_path / "archive")
    store.check()
    for act in (body_of, LocalStore.remove):
        with pytest.raises(NeedsPersonError, match="out of the store's folder"):
            act(store, key)
    with pytest.raises(NeedsPersonError, match="out of the store's folder"):
        store.create(request_of(tmp_path, b"x"), key)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_store_is_marked_once_and_known_by_it(store: Store, tmp_path: Path) -> None:
    assert store.marker() is None
    marker = store.mark()
    assert store.mark() == store.marker() == marker
    assert list(store.entries()) == []
    put(store, tmp_path, "k", b"0000")
    assert [entry.key for entry in store.entries()] == ["k"]
    store.hold_to(marker)
    store.require()
    store.remove(MARKER)
    with pytest.raises(StoreError, match="is not there"):
        store.require()
