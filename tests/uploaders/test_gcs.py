"""A Google Cloud Storage store among faults: what it says, what it believes, what it keeps."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from rowkeeper.core.errors import RetryLaterError, StoreError, UsageError
from tests.fakes.gcs import gcs_settings, gcs_store, shared_gcs
from tests.fakes.s3 import free_port
from tests.helpers.stores import put, request_of, stream
from uploaders.base import Store
from uploaders.gcs.body import Related
from uploaders.gcs.store import GcsStore
from uploaders.gcs.writer import GcsWriter
from uploaders.registry import open_store


def gcs_at(url: str, endpoint_url: str) -> Store:
    return open_store(gcs_settings(url, endpoint_url))


def test_bucket_missing(tmp_path: Path) -> None:
    store = gcs_at("gs://nobodys-bucket/prefix", shared_gcs())
    with pytest.raises(StoreError, match=r"gs://nobodys-bucket/prefix .*make the bucket"):
        store.check()
    with pytest.raises(StoreError, match="make the bucket"):
        store.put(request_of(tmp_path, b"body"), "k")


def test_server_down() -> None:
    with pytest.raises(StoreError, match=r"no connection.*endpoint_url"):
        gcs_at("gs://bucket", f"http://127.0.0.1:{free_port()}").check()


@pytest.mark.parametrize("url", ["gs://", "gs:///prefix", "gs://Upper_Case!", "gs://a?b"])
def test_url_without_a_bucket(url: str) -> None:
    with pytest.raises(UsageError, match="names no bucket"):
        gcs_at(url, shared_gcs())


def test_type_and_hash_are_kept(tmp_path: Path) -> None:
    store = gcs_store()
    assert isinstance(store, GcsStore)
    request = put(store, tmp_path, "k", b"body")
    address = f"{shared_gcs()}/storage/v1/b/{store.bucket}/o/k"
    facts = store.session.get(address, timeout=60).json()
    assert facts["contentType"] == request.mime_type
    assert facts["metadata"] == {"sha256": request.sha256}
    assert store.stored("k", existed=False).cloud_url == f"gs://{store.bucket}/k"


def test_the_probe_is_kept_as_objects_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    store = gcs_store()
    store.kept = {"storageClass": "COLDLINE"}
    make = GcsStore.make

    def seen(store: GcsStore, body: Related) -> dict[str, Any]:
        asked.append(b"".join(body))
        return make(store, body)

    monkeypatch.setattr(GcsStore, "make", seen)
    store.check()
    assert b'"storageClass": "COLDLINE"' in asked[0]
    assert store.notice is None


@pytest.mark.parametrize(
    ("method", "status", "words"),
    [
        ("DELETE", 403, None),
        ("GET", 403, "read and delete objects"),
        ("POST", 400, "store.storage_class and store.kms_key_id"),
    ],
)
def test_what_the_probe_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, status: int, words: str | None
) -> None:
    store = gcs_store()
    store.kept = {"storageClass": "COLDLINE"}
    request = store.session.request

    def refusing(how: str, url: str, **more: Any) -> requests.Response:
        answer = request(how, url, **more)
        if how == method:
            answer.status_code = status
        return answer

    monkeypatch.setattr(store.session, "request", refusing)
    if words:
        with pytest.raises(StoreError, match=words):
            store.check()
        return
    store.check()
    assert "lets nothing be deleted" in str(store.notice)
    assert not store.put(request_of(tmp_path, b"kept for good"), "k").existed


@pytest.mark.parametrize("knows_md5", [True, False])
def test_no_stream_is_kept_that_changed_on_the_way(
    knows_md5: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, make = GcsWriter._chunks, GcsStore.make

    def changed(writer: GcsWriter) -> Iterator[bytes]:
        return (bytes([chunk[0] ^ 1]) + chunk[1:] for chunk in sent(writer))

    def made(store: GcsStore, body: Related) -> dict[str, Any]:
        facts = make(store, body)
        return {name: facts[name] for name in facts if knows_md5 or name != "md5Hash"}

    monkeypatch.setattr(GcsStore, "make", made)
    store, sha256 = gcs_store(), hashlib.sha256(b"body").hexdigest()
    assert not stream(store, "whole", b"body", sha256).existed
    monkeypatch.setattr(GcsWriter, "_chunks", changed)
    with pytest.raises(RetryLaterError) as raised:
        stream(store, "changed", b"body", sha256)
    assert raised.value.code == "corrupt_object"
    assert [entry.key for entry in store.entries()] == ["whole"]


def test_a_list_that_leads_back_to_itself_is_no_list(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = gcs_store()
    put(store, tmp_path, "k", b"body")
    request = store.session.request

    def going_round(how: str, url: str, **more: Any) -> requests.Response:
        answer = request(how, url, **more)
        page = json.dumps(answer.json() | {"nextPageToken": "again"})
        answer._content = page.encode()
        return answer

    monkeypatch.setattr(store.session, "request", going_round)
    with pytest.raises(RetryLaterError, match="leads back to itself"):
        list(store.entries())
