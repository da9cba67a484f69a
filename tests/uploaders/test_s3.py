"""An S3 store among faults: what it sends, what it believes, what it says."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core import clock
from rowkeeper.core.errors import RetryLaterError, StoreError, TransferError, UsageError, Verdict
from tests.fakes.s3 import (
    SECRET,
    Fault,
    FaultyS3,
    connection_to,
    open_uploads,
    s3_settings,
    s3_store,
    shared_ministack,
)
from tests.helpers.stores import request_of
from uploaders.base import object_key
from uploaders.registry import open_store
from uploaders.s3 import parts
from uploaders.s3.store import S3Store
from uploaders.values import Held

WHOLE: dict[str, Any] = {}
PARTS: dict[str, Any] = {"multipart_threshold": 1, "part_size": 5 << 20}


def names(store: S3Store) -> list[str]:
    listing = store.client.list_objects_v2(Bucket=store.bucket).get("Contents", [])
    assert not open_uploads(store.client, store.bucket)
    return [item["Key"] for item in listing]


def read_back(proxy: FaultyS3) -> list[str]:
    return [line for line in proxy.requests if re.match(r"GET /[\w-]+/people", line)]


def body_of(store: S3Store, key: str) -> bytes:
    return store.client.get_object(Bucket=store.bucket, Key=key)["Body"].read()


def test_a_store_that_checks_hashes_is_not_read_back(proxy: FaultyS3, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body")
    for more in (WHOLE, PARTS):
        store = s3_store(proxy.url, **more)
        store.check()
        for _ in range(2):
            store.put(request, object_key(request))
    assert not read_back(proxy)


@pytest.mark.parametrize("more", [WHOLE, PARTS])
def test_a_store_without_checksums_is_read_back(
    proxy: FaultyS3, tmp_path: Path, more: dict[str, Any]
) -> None:
    proxy.sloppy = True
    store = s3_store(proxy.url, **more)
    store.check()
    assert names(store) == []
    request = request_of(tmp_path, b"body")
    store.put(request, object_key(request))
    assert store.put(request, object_key(request)).existed
    assert body_of(store, object_key(request)) == b"body"
    assert read_back(proxy) == [f"GET /{store.bucket}/{object_key(request)}"] * 3


@pytest.mark.parametrize("sloppy", [False, True])
@pytest.mark.parametrize("more", [WHOLE, PARTS])
def test_bytes_that_change_on_the_way_are_found(
    proxy: FaultyS3, tmp_path: Path, sloppy: bool, more: dict[str, Any]
) -> None:
    proxy.sloppy = sloppy
    store = s3_store(proxy.url, **more)
    store.check()
    request = request_of(tmp_path, b"body")
    proxy.faults.append(Fault("PUT /", "corrupt"))
    with pytest.raises(RetryLaterError) as caught:
        store.put(request, object_key(request))
    assert caught.value.code == "corrupt_object"
    assert names(store) == []
    assert not store.put(request, object_key(request)).existed


def test_the_answer_cut_short_is_no_proof(proxy: FaultyS3, tmp_path: Path) -> None:
    store = s3_store(proxy.url)
    request = request_of(tmp_path, b"body" * 1000)
    proxy.faults.append(Fault("GET /", "truncate"))
    with pytest.raises(RetryLaterError) as caught:
        store.put(request, object_key(request))
    assert caught.value.code == "store_transport"
    assert store.put(request, object_key(request)).existed


@pytest.mark.parametrize("more", [WHOLE, PARTS])
@pytest.mark.parametrize(
    ("refusal", "probed"),
    [
        ("501 NotImplemented", False),
        ("501 UnsupportedOperation", False),
        ("400 InvalidArgument", False),
        ("400 InvalidRequest", True),
        ("400 UnsupportedHeader", True),
        ("405 MethodNotAllowed", True),
        ("403 SignatureDoesNotMatch", True),
    ],
)
def test_a_store_that_knows_no_condition(
    proxy: FaultyS3, tmp_path: Path, more: dict[str, Any], refusal: str, probed: bool
) -> None:
    proxy.refused["if-none-match"] = refusal
    store = s3_store(proxy.url, **more)
    if probed:
        store.check()
    for name in ("a.mp4", "b.mp4"):
        request = request_of(tmp_path, b"body", name=name)
        assert not store.put(request, object_key(request)).existed
    assert len(names(store)) == 2


@pytest.mark.parametrize("more", [WHOLE, PARTS])
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("503 SlowDown", "s3_503"),
        ("500 InternalError", "s3_500"),
        ("429 TooManyRequests", "s3_429"),
        ("drop", "store_transport"),
    ],
)
def test_passing_faults(
    proxy: FaultyS3, tmp_path: Path, kind: str, code: str, more: dict[str, Any]
) -> None:
    store = s3_store(proxy.url, **more)
    request = request_of(tmp_path, b"body")
    proxy.faults.append(Fault("PUT /", kind))
    with pytest.raises(TransferError) as caught:
        store.put(request, object_key(request))
    assert (caught.value.code, caught.value.verdict) == (code, Verdict.RETRY)
    assert names(store) == []
    assert not store.put(request, object_key(request)).existed


def test_an_object_that_can_not_be_looked_at_now_is_not_taken_for_none(
    proxy: FaultyS3, tmp_path: Path
) -> None:
    store = s3_store(proxy.url)  # not checked: it asks before it sends
    request = request_of(tmp_path, b"body")
    for kind, error in (("503 SlowDown", RetryLaterError), ("403 AccessDenied", StoreError)):
        proxy.faults.append(Fault("HEAD /", kind))
        with pytest.raises(error):
            store.create(request, "k")
        proxy.faults.append(Fault("HEAD /", kind))
        with pytest.raises(error):
            store.describe("k")
    assert names(store) == []


def test_an_object_that_the_store_can_not_take(proxy: FaultyS3, tmp_path: Path) -> None:
    store = s3_store(proxy.url)
    request = request_of(tmp_path, b"body")
    proxy.faults.append(Fault("PUT /", "400 EntityTooLarge"))
    with pytest.raises(TransferError) as caught:
        store.put(request, object_key(request))
    assert (caught.value.code, caught.value.verdict) == ("object_refused", Verdict.PERMANENT)


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("403 InvalidAccessKeyId", r"check store\.access_key_id and store\.secret_access_key"),
        ("403 SignatureDoesNotMatch", r"check store\.access_key_id"),
        ("403 SomethingNew", r"check store\.access_key_id"),
        ("403 RequestTimeTooSkewed", "set this machine's clock"),
        ("301 PermanentRedirect", r"name the bucket's own region in store\.region"),
        ("507 XMinioStorageFull", "free space in the store"),
    ],
)
@pytest.mark.parametrize("match", ["GET /", "PUT /"])
def test_a_store_that_refuses(proxy: FaultyS3, kind: str, remedy: str, match: str) -> None:
    store = s3_store(proxy.url)
    proxy.faults.append(Fault(match, kind, times=9))
    with pytest.raises(StoreError, match=remedy) as caught:
        store.check()
    assert str(caught.value).startswith(f"The store s3://{store.bucket} refuses ({kind[4:]}): ")
    assert SECRET not in str(caught.value)
    assert "AKIATEST" not in str(caught.value)


def test_a_store_that_only_stammers_is_no_use(proxy: FaultyS3) -> None:
    store = s3_store(proxy.url)
    proxy.faults.append(Fault("GET /", "503 SlowDown", times=9))
    with pytest.raises(StoreError, match=r"no useful answer .*SlowDown.*then run again"):
        store.check()


def test_keys_are_asked_for_where_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    settings = s3_settings(tmp_path, "s3://bucket", shared_ministack().url)
    none = settings.store.model_copy(update={"access_key_id": None, "secret_access_key": None})
    store = open_store(settings.model_copy(update={"store": none}))
    with pytest.raises(StoreError, match=r"NoCredentialsError.*store\.access_key_id"):
        store.check()
    half = settings.store.model_copy(update={"secret_access_key": None})
    with pytest.raises(UsageError, match="Set both"):
        open_store(settings.model_copy(update={"store": half}))


def test_a_kill_among_the_parts(proxy: FaultyS3, tmp_path: Path) -> None:
    store = s3_store(proxy.url, **PARTS)
    request = request_of(tmp_path, b"body" * (2 << 20))
    key = object_key(request)
    upload = store.client.create_multipart_upload(Bucket=store.bucket, Key=key)
    store.client.upload_part(
        Bucket=store.bucket, Key=key, UploadId=upload["UploadId"], PartNumber=1, Body=b"half"
    )
    neighbour = store.client.create_multipart_upload(Bucket=store.bucket, Key=key + "x")
    assert not store.put(request, key).existed
    assert open_uploads(store.client, store.bucket) == {neighbour["UploadId"]}
    assert body_of(store, key) == b"body" * (2 << 20)


def test_what_is_abandoned_is_told_by_the_clock_of_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = s3_store(shared_ministack().url)
    upload = store.client.create_multipart_upload(Bucket=store.bucket, Key="others/film.mp4")
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(days=400))
    store.sweep()
    assert open_uploads(store.client, store.bucket) == {upload["UploadId"]}
    monkeypatch.setattr(parts, "ABANDONED", timedelta(minutes=-1))
    store.sweep()
    assert not open_uploads(store.client, store.bucket)


def test_a_file_that_changes_while_it_is_sent_makes_no_object(tmp_path: Path) -> None:
    store = s3_store(shared_ministack().url, **PARTS)
    request = request_of(tmp_path, b"body")
    request.path.write_bytes(b"BODY")
    with pytest.raises(TransferError) as caught:
        store.put(request, object_key(request))
    assert caught.value.code == "local_file_changed"
    assert names(store) == []


def test_parts_of_another_size_are_read_back(proxy: FaultyS3, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body" * (3 << 20))
    first = s3_store(proxy.url, **PARTS)
    first.check()
    first.put(request, object_key(request))
    second = S3Store(
        connection_to(proxy.url), first.bucket, multipart_threshold=1, part_size=6 << 20
    )
    second.check()
    assert second.put(request, object_key(request)).existed


def test_what_is_too_large_to_copy_at_once_is_copied_in_parts(tmp_path: Path) -> None:
    store = s3_store(shared_ministack().url, "pre fix")
    request = request_of(tmp_path, bytes(range(256)) * (36 << 10))
    store.put(request, "a/ü.mp4")
    store.copy_limit = 8 << 20
    assert store.copy("a/ü.mp4", "b/ü.mp4")
    assert store.held(request, "b/ü.mp4") is Held.SAME
    head = store.client.head_object(Bucket=store.bucket, Key="pre fix/b/ü.mp4")
    assert (head["ContentType"], head["ETag"][-3:]) == ("video/mp4", '-2"')
    assert not store.copy("a/ü.mp4", "b/ü.mp4")


def test_content_types_are_kept_if_they_are_some(tmp_path: Path) -> None:
    store = s3_store(shared_ministack().url)
    for name, mime_type, kept in (
        ("a", "video/mp4", "video/mp4"),
        ("b", "no type\r\nX-Evil: 1", "binary/octet-stream"),
        ("c", None, "binary/octet-stream"),
    ):
        request = replace(request_of(tmp_path, b"body", name=name), mime_type=mime_type)
        key = store.put(request, object_key(request)).object_key
        kind = store.client.head_object(Bucket=store.bucket, Key=key)["ContentType"]
        assert kind.replace("application/", "binary/") == kept
