"""Where a finished file lies: below its root, on every file system, each asset by itself."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downloaders.base import AssetOwner, Fetched
from downloaders.naming import PRESETS, checked_template, relative_path
from downloaders.places import Places
from downloaders.sidecar import sidecar_path
from rowkeeper.core.errors import UsageError
from rowkeeper.core.templates import SIDECAR
from tests.fakes.clients import request_for, settings_in
from tests.helpers.names import HOSTILE, placed, settled

TEMPLATES = [
    *PRESETS,
    "{provider}/{personality_type}/{name}/{asset_id}_{original_stem}.{ext}",
    "{asset_kind}-{media_id}",
    "{original_name}",
    "{name}{original_stem}{asset_id}",
]
RESERVED = re.compile(
    r"(con|conin\$|conout\$|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *(\..*)?", re.IGNORECASE
)


def fetched_as(name: str | None, path: Path = Path("w/x.mp4")) -> Fetched:
    return Fetched(path=path, filename=name, mime_type="video/mp4", size_bytes=0, sha256="")


@given(
    template=st.sampled_from(TEMPLATES),
    name=HOSTILE,
    row_id=HOSTILE,
    media_id=HOSTILE,
    original=st.one_of(st.none(), HOSTILE),
)
def test_every_place_is_safe(
    template: str, name: str, row_id: str, media_id: str, original: str | None
) -> None:
    person = AssetOwner(name=name, email=name, personality_type=name)
    request = request_for("drive", "file", media_id, row_id=row_id, person=person)
    path = relative_path(checked_template(template), request, fetched_as(original))
    assert not path.is_absolute()
    assert path.parts
    for part in path.parts:
        assert part not in {".", ".."}
        assert 0 < len(sidecar_path(Path(f"{part}-{request.asset_id}")).name.encode()) <= 250
        assert not RESERVED.fullmatch(part)
        assert not set(part) & set('<>:"/\\|?*\x00')
        assert part.isprintable()
        assert not part.lower().endswith((".", " ", ".part", SIDECAR))


@given(first=HOSTILE, second=HOSTILE)
def test_by_asset_id_no_two_assets_share_a_place(first: str, second: str) -> None:
    places = {
        relative_path(PRESETS["asset_id"], request_for("drive", "file", media_id), fetched_as(None))
        for media_id in (first, second)
    }
    assert len(places) == len({first, second})


@pytest.mark.parametrize(
    ("preset", "kind", "place"),
    [
        ("asset_id", "file", "people/7/{asset_id}.mp4"),
        ("row_name", "file", "row_7_my film.mp4"),
        ("media_id", "video", "dQw4w9WgXcQ.mp4"),
        ("media_id", "transcript", "dQw4w9WgXcQ_transcript.mp4"),
    ],
)
def test_presets_are_the_old_layouts(preset: str, kind: str, place: str) -> None:
    request = request_for("youtube", kind, "dQw4w9WgXcQ")
    template_place = relative_path(checked_template(preset), request, fetched_as("my film.mp4"))
    assert template_place == PurePosixPath(place.format(asset_id=request.asset_id))


@pytest.mark.parametrize(
    "text",
    ["", "/x/{asset_id}", "../{asset_id}", "{nothing}", "{asset_id", "{row_id}/x", "a\\{ext}"],
)
def test_a_template_that_can_not_be_is_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"download\.naming"):
        checked_template(text)


def test_no_file_takes_the_place_of_another(tmp_path: Path) -> None:
    first, second = (request_for("drive", "file", media_id) for media_id in ("one", "two"))
    kept = settled(tmp_path, first, "first", naming="row_name")
    other = settled(tmp_path, second, "second", naming="row_name")
    again = settled(tmp_path, first, "first, again", naming="row_name")
    assert kept.path == again.path != other.path
    assert (kept.path.read_text(), other.path.read_text()) == ("first, again", "second")


def test_no_version_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    request = request_for("docs", "document", "one")
    first = settled(tmp_path, request, "first")
    fetched_anew = replace(request, attempt=3, versions=frozenset({first.sha256, "0" * 64}))
    second = settled(tmp_path, fetched_anew, "second")
    assert (first.path.read_text(), second.path.read_text()) == ("first", "second")
    assert settled(tmp_path, fetched_anew, "first").path == first.path
    first.path.write_text("damaged")
    third = settled(tmp_path, fetched_anew, "third")
    assert (third.path, third.path.read_text()) == (first.path, "third")


def test_many_that_want_one_place_at_once_all_find_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exists = Path.exists

    def slow(path: Path) -> bool:
        bodies = exists(path)
        time.sleep(0.002)
        return bodies

    monkeypatch.setattr(Path, "exists", slow)
    settings = settings_in(tmp_path, naming="row_name")
    requests = [request_for("drive", "file", f"file{number}") for number in range(20)]
    with Places(settings) as places, ThreadPoolExecutor(8) as threads:
        kept = threads.map(
            lambda request: placed(places, tmp_path, request, request.media_id), requests
        )
        bodies = {item.path.read_text() for item in kept}
    assert bodies == {request.media_id for request in requests}


@pytest.mark.parametrize(
    ("sidecar", "email"), [("full", "anna@example.org"), ("no_email", None), ("none", None)]
)
def test_a_sidecar_says_whose_file_it_is(tmp_path: Path, sidecar: str, email: str | None) -> None:
    person = AssetOwner(
        name="Anna", email="anna@example.org", personality_type="FF-Fi/Se", place="sheet line 5"
    )
    request = request_for("drive", "file", "one", person=person)
    kept = settled(tmp_path, request, "body", sidecar=sidecar)
    path = sidecar_path(kept.path)
    assert path.exists() == (sidecar != "none")
    if sidecar == "none":
        return
    facts = json.loads(path.read_bytes())
    assert list(facts)[:7] == [
        "download_result",
        "source_csv_row_id",
        "source_csv_index",
        "personality_type",
        "person_name",
        "person_email",
        "download_timestamp",
    ]
    assert (facts["person_name"], facts["person_email"]) == ("Anna", email)
    assert facts["personality_type"] == "FF-Fi/Se"
    assert facts["sha256"] == kept.sha256
    assert {"python", "urllib3"} <= facts["tools"].keys()
