"""What every store has to do, on a local folder and on a real S3 server."""

import errno
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.disk.names import placeholder
from rowkeeper.core.disk.parts import PART
from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, StoreError, Verdict
from rowkeeper.core.ids import asset_id
from tests.fakes.s3 import open_uploads, s3_store, shared_ministack
from tests.helpers.stores import Lab, local_lab, request_of
from uploaders.base import object_key, open_source
from uploaders.local.store import LocalStore
from uploaders.s3.store import S3Store
from uploaders.values import Held, UploadRequest

PREFIX = "our archive/ü"


def s3_lab(**more: Any) -> Lab:
    store = s3_store(shared_ministack().url, PREFIX, **more)
    client, bucket = store.client, store.bucket

    def objects() -> dict[str, bytes]:
        listing = client.list_objects_v2(Bucket=bucket, Prefix=f"{PREFIX}/").get("Contents", [])
        assert not open_uploads(client, bucket)
        return {
            item["Key"].removeprefix(f"{PREFIX}/"): client.get_object(
                Bucket=bucket, Key=item["Key"]
            )["Body"].read()
            for item in listing
        }

    def plant(key: str, body: bytes) -> None:
        client.put_object(Bucket=bucket, Key=f"{PREFIX}/{key}", Body=body)

    return Lab(store, objects, plant)


@pytest.fixture(params=["local", "s3", "s3_parts"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Lab:
    if request.param == "local":
        made = local_lab(tmp_path / "archive ü")
    elif request.param == "s3":
        made = s3_lab()
    else:
        made = s3_lab(multipart_threshold=1, part_size=5 << 20)
    made.store.check()
    assert made.objects() == {}
    return made


def test_put_then_put_again(lab: Lab, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body")
    key = object_key(request)
    assert lab.store.held(request, key) is Held.NOTHING
    first = lab.store.put(request, key)
    assert not first.existed
    assert lab.objects() == {key: b"body"}
    assert lab.store.held(request, key) is Held.SAME
    assert lab.store.put(request, key) == replace(first, existed=True)
    assert first.cloud_url.startswith(lab.store.root + "/")


def test_an_address_names_its_object(lab: Lab, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body")
    key = object_key(request)
    stored = lab.store.put(request, key)
    assert stored.object_key.endswith(f"people/7/{request.asset_id}.mp4")
    if isinstance(lab.store, S3Store):
        assert stored.bucket == lab.store.bucket
        assert stored.cloud_url == f"s3://{stored.bucket}/{stored.object_key}"
    else:
        assert (stored.bucket, stored.object_key) == (None, key)
        assert stored.cloud_url.startswith("file:///")


@pytest.mark.parametrize("there", [b"else", b"other size", b""])
def test_other_bytes_are_never_overwritten(lab: Lab, tmp_path: Path, there: bytes) -> None:
    request = request_of(tmp_path, b"body")
    key = object_key(request)
    lab.plant(key, there)
    with pytest.raises(NeedsPersonError) as caught:
        lab.store.put(request, key)
    assert caught.value.code == "object_differs"
    assert not lab.store.create(request, key)
    assert lab.objects() == {key: there}


def test_an_object_of_another_hand_is_compared_by_its_bytes(lab: Lab, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body")
    lab.plant(object_key(request), b"body")
    assert lab.store.put(request, object_key(request)).existed


def test_wrong_bytes_do_not_stay(lab: Lab, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body")
    request.path.write_bytes(b"BODY")
    with pytest.raises(Exception, match=r"SHA-256|other bytes|was changed"):
        lab.store.put(request, object_key(request))
    assert lab.objects() == {}


def test_a_missing_file_leaves_nothing(lab: Lab, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body")
    request.path.unlink()
    with pytest.raises(NeedsPersonError) as caught:
        lab.store.put(request, object_key(request))
    assert (caught.value.code, caught.value.verdict) == ("local_file_missing", Verdict.NEEDS_PERSON)
    assert lab.objects() == {}


def test_hostile_row_ids_stay_below_people(lab: Lab, tmp_path: Path) -> None:
    rows = ["../../etc", "/abs", "a/b", "..", ".", "", "ü 猫", "%2E", "a\x00b", "x" * 900, "-"]
    for row in rows:
        request = request_of(tmp_path, row.encode(), row)
        lab.store.put(request, object_key(request))
    objects = lab.objects()
    assert sorted(objects.values()) == sorted(row.encode() for row in rows)
    assert all(re.fullmatch(r"people/[\w%-]+/[\w-]{36}\.mp4", key, re.A) for key in objects)


def test_an_empty_file(tmp_path: Path) -> None:
    for lab in (local_lab(tmp_path / "archive"), s3_lab()):
        request = request_of(tmp_path, b"", name="leer.txt")
        lab.store.put(request, object_key(request))
        assert lab.objects() == {object_key(request): b""}
        assert lab.store.put(request, object_key(request)).existed


def test_a_large_file(lab: Lab, tmp_path: Path) -> None:
    body = bytes(range(256)) * (12 << 12) + b"tail"
    request = request_of(tmp_path, body)
    assert not lab.store.put(request, object_key(request)).existed
    assert lab.objects() == {object_key(request): body}
    assert lab.store.put(request, object_key(request)).existed


def test_many_writers_of_one_object(lab: Lab, tmp_path: Path) -> None:
    request = request_of(tmp_path, b"body" * 100_000)
    key = object_key(request)
    barrier = threading.Barrier(8)

    def put(_: int) -> bool:
        barrier.wait()
        return lab.store.put(request, key).existed

    with ThreadPoolExecutor(8) as executor:
        existed = list(executor.map(put, range(8)))
    assert existed.count(False) == 1
    assert lab.objects() == {key: b"body" * 100_000}


def test_a_probe_leaves_nothing(lab: Lab) -> None:
    for _ in range(3):
        lab.store.check()
    assert lab.objects() == {}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize(("folder", "code"), [("data/archive", 9), ("share/archive", 5)])
def test_a_full_disk_stops_the_store(
    folder: str, code: int, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the data folder it is the local disk, which any other write would say just so."""
    store = LocalStore(tmp_path / folder, tmp_path / "data")
    request = request_of(tmp_path, b"body")

    def full(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("uploaders.local.store.os.fsync", full)
    with pytest.raises(StoreError, match=os.strerror(number)) as caught:
        store.put(request, object_key(request))
    assert caught.value.exit_code == code
    assert not any(path.is_file() for path in store.folder.rglob("*"))


def test_what_a_sync_service_keeps_elsewhere_is_neither_lost_nor_sent_again(tmp_path: Path) -> None:
    lab = local_lab(tmp_path / "archive")
    request = request_of(tmp_path, b"body")
    key = object_key(request)
    place = lab.store.folder / key  # type: ignore[attr-defined]
    lab.plant(key, b"body")
    place.rename(placeholder(place))
    for call in (
        lambda: lab.store.held(request, key),
        lambda: lab.store.describe(key),
        lambda: lab.store.put(request, key),
        lambda: lab.store.create(request, key),
        lambda: list(lab.store.read(key)),
    ):
        with pytest.raises(RetryLaterError) as caught:
            call()
        assert caught.value.code == "kept_elsewhere"
    placeholder(place).rename(place)
    longest = f"people/{'x' * 250}.mp4"  # no placeholder has such a name
    assert lab.store.held(request, longest) is Held.NOTHING
    assert lab.store.describe(longest) is None
    request.path.rename(placeholder(request.path))
    with pytest.raises(RetryLaterError) as caught:
        open_source(request)
    assert caught.value.code == "kept_elsewhere"


def test_leftovers_of_a_kill_are_written_anew(tmp_path: Path) -> None:
    lab = local_lab(tmp_path / "archive")
    request = request_of(tmp_path, b"body")
    lab.plant(object_key(request) + PART, b"a longer half of something")
    lab.store.put(request, object_key(request))
    assert lab.objects() == {object_key(request): b"body"}


texts = st.text(max_size=60)


@given(row=texts, other=texts, name=texts, mime=st.none() | texts)
def test_keys_are_safe_steady_and_apart(row: str, other: str, name: str, mime: str | None) -> None:
    def key(row_id: str) -> str:
        return object_key(
            UploadRequest(
                asset_id=asset_id(row_id, "drive", name, "file"),
                row_id=row_id,
                provider="drive",
                media_id=name,
                asset_kind="file",
                path=Path("data") / (name.replace("\x00", "") or "x"),
                sha256="0" * 64,
                size_bytes=0,
                mime_type=mime,
            )
        )

    assert re.fullmatch(r"people/[\w%-]{1,100}/[0-9a-f-]{36}\.[a-z0-9]{1,8}", key(row), re.A)
    assert key(row) == key(row)
    assert (key(row) == key(other)) == (row == other)
