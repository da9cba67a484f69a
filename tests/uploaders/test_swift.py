"""What only a strict store can show: signatures, versions, large objects in many parts."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from rowkeeper.core.errors import NeedsPersonError, StoreError
from tests.fakes.s3 import open_uploads
from tests.fakes.swift import shared_swift, swift_store
from tests.helpers.stores import request_of
from uploaders.registry import open_store
from uploaders.values import Held


@pytest.mark.parametrize("tls", [False, True])
def test_wrong_keys_are_refused_and_not_shown(tls: bool) -> None:
    settings = shared_swift().settings("s3://any-bucket", tls=tls, secret="wrong+secret")
    with pytest.raises(
        StoreError, match=r"SignatureDoesNotMatch.*check store\.access_key_id"
    ) as no:
        open_store(settings).check()
    assert "wrong+secret" not in str(no.value)


@pytest.mark.parametrize("tls", [False, True])
def test_a_missing_bucket(tls: bool) -> None:
    with pytest.raises(StoreError, match=r"\(NoSuchBucket\): make the bucket"):
        open_store(shared_swift().settings("s3://nobodys-bucket", tls=tls)).check()


def test_a_versioned_bucket_shows_what_a_stranger_wrote(tmp_path: Path) -> None:
    store = swift_store("archive")
    store.client.put_bucket_versioning(
        Bucket=store.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    request = request_of(tmp_path, b"ours")
    assert not store.put(request, "k").existed
    assert store.put(request, "k").existed
    store.client.put_object(Bucket=store.bucket, Key="archive/k", Body=b"them")
    assert store.held(request, "k") is Held.OTHER
    with pytest.raises(NeedsPersonError, match="other bytes"):
        store.put(request, "k")
    match = store.client.list_object_versions(Bucket=store.bucket)["Versions"]
    assert len(match) == 2
    ours = [version for version in match if not version["IsLatest"]]
    version = ours[0]["VersionId"]
    kept = store.client.get_object(Bucket=store.bucket, Key="archive/k", VersionId=version)
    assert kept["Body"].read() == b"ours"


@pytest.mark.parametrize("tls", [False, True])
def test_many_parts(tls: bool, tmp_path: Path) -> None:
    store = swift_store(tls=tls, multipart_threshold=1, part_size=5 << 20)
    store.check()
    request = request_of(tmp_path, bytes(range(251)) * 170_000)
    assert not store.put(request, "large").existed
    digest = hashlib.sha256()
    for chunk in store.read("large"):
        digest.update(chunk)
    assert digest.hexdigest() == request.sha256
    assert store.held(replace(request, sha256="0" * 64), "large") is Held.OTHER
    assert [entry.size_bytes for entry in store.entries()] == [request.size_bytes]
    assert not open_uploads(store.client, store.bucket)


def test_a_type_is_kept(tmp_path: Path) -> None:
    store = swift_store()
    store.put(request_of(tmp_path, b"body"), "k")
    assert store.client.head_object(Bucket=store.bucket, Key="k")["ContentType"] == "video/mp4"
