"""Keys by template: safe, steady, and never two contents under one."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.errors import UsageError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.setting_sections import StoreSettings
from rowkeeper.core.settings import Settings
from tests.fakes.s3 import s3_store, shared_ministack
from tests.helpers.names import HOSTILE
from tests.helpers.stores import local_lab, request_of
from uploaders.base import Store, object_key
from uploaders.layout import PRESETS, checked_layout, key_apart
from uploaders.local.store import LocalStore
from uploaders.pool import upload_all
from uploaders.values import UploadRequest

LAYOUTS = [
    *PRESETS,
    "{provider}/{asset_kind}/{file}_{media_id}",
    "/".join(["{name}"] * 11) + "/{asset_id}",
]


def request_named(name: str, row_id: str = "7", **more: str | None) -> UploadRequest:
    facts = {"asset_id": "5f0c", "provider": "drive", "media_id": "m", "asset_kind": "file"} | more
    return UploadRequest(
        **facts,  # type: ignore[arg-type]
        row_id=row_id,
        path=Path("files/v.mp4"),
        sha256="0" * 64,
        size_bytes=0,
        person_name=name,
    )


@given(
    layout=st.sampled_from(LAYOUTS),
    name=HOSTILE,
    row_id=HOSTILE,
    file=st.none() | HOSTILE,
    uuid=st.none() | HOSTILE,
)
def test_every_key_is_safe(
    layout: str, name: str, row_id: str, file: str | None, uuid: str | None
) -> None:
    request = request_named(name, row_id, filename=file, object_uuid=uuid, media_id=name)
    key = object_key(request, checked_layout(layout))
    assert key == object_key(request, checked_layout(layout))
    for made in (key, key_apart(key, "5f0c7d1e-0000-5000-8000-000000000000")):
        assert 0 < len(made.encode()) <= 1024 - 200  # the rest is for a prefix
        assert made.isprintable()
        assert "\\" not in made
        assert not made.endswith(".part")
        for part in made.split("/"):
            assert part.strip(". ")
            assert len(part.encode()) <= 255


@pytest.mark.parametrize(
    ("layout", "more", "key"),
    [
        ("asset_id", {}, "people/7/5f0c.mp4"),
        ("row_name", {"filename": "my film.mp4"}, "7/Ánna/my film.mp4"),
        ("row_name", {}, "7/Ánna/m.mp4"),
        ("row_name", {"filename": "half.part"}, "7/Ánna/half.part_"),
        ("uuid", {"object_uuid": "9b1d"}, "files/9b1d.mp4"),
        ("uuid", {}, "files/5f0c.mp4"),
        ("kind", {}, "documents/7/5f0c.mp4"),
        ("kind", {"mime_type": "audio/mpeg"}, "audio/7/5f0c.mp4"),
        ("kind", {"asset_kind": "video"}, "video/7/5f0c.mp4"),
        ("kind", {"mime_type": "image/png"}, "images/7/5f0c.mp4"),
        ("kind", {"asset_kind": "transcript", "mime_type": "text/vtt"}, "transcripts/7/5f0c.mp4"),
    ],
)
def test_presets(layout: str, more: dict[str, str], key: str) -> None:
    assert object_key(request_named("Ánna", **more), checked_layout(layout)) == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{asset_idd}", r"did you mean asset_id\?"),
        ("by_kind", r"did you mean kind\?"),
        ("../{asset_id}", "relative path"),
        ("{row_id}/x", "tell files apart"),
        ("a/" * 12 + "{asset_id}", "12 folders"),
    ],
)
def test_a_layout_that_can_not_be_is_a_sentence(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=rf"store\.layout .*{words}"):
        checked_layout(text)


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return local_lab(tmp_path / "archive").store
    return s3_store(shared_ministack().url, "pre")


def test_two_contents_never_share_a_key(store: Store, tmp_path: Path) -> None:
    layout = StoreSettings(layout="row_name")
    settings = Settings(data_dir=tmp_path, store=layout)
    files = [request_of(tmp_path, body.encode(), name=f"{body}.mp4") for body in "abc"]
    requests = [replace(file, filename="film.mp4", person_name="Anna") for file in files]
    events: list[AssetEvent] = []
    store.make_ready()
    assert upload_all(requests, settings, events.append, "s0", store=store).uploaded == 3
    keys = {event.asset_id: store.key_of(str(event.object_key)) for event in events}
    assert sum(key == "7/Anna/film.mp4" for key in keys.values()) == 1
    for request in requests:
        assert b"".join(store.read(keys[request.asset_id])) == request.path.read_bytes()
    again: list[AssetEvent] = []
    assert upload_all(requests, settings, again.append, "s1", store=store).existed == 3
    assert {event.asset_id: store.key_of(str(event.object_key)) for event in again} == keys


def test_what_replaces_a_lost_object_leaves_others_alone(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "archive")
    store.make_ready()
    settings = Settings(data_dir=tmp_path, store=StoreSettings(layout="row_name"))
    first, second = (
        replace(request_of(tmp_path, body.encode(), name=f"{body}.mp4"), filename="film.mp4")
        for body in ("first", "second")
    )
    events: list[AssetEvent] = []
    upload_all([first], settings, events.append, "s0", store=store)
    upload_all([replace(second, replaces_lost=True)], settings, events.append, "s1", store=store)
    assert [event.event_type for event in events] == [EventType.UPLOADED] * 2
    there = {entry.key for entry in store.entries()}
    assert there == {str(event.object_key) for event in events}
    assert b"".join(store.read("7/_/film.mp4")) == b"first"
