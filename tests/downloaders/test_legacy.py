"""Files of the old system: adopted when it is certain whose they are, named and left otherwise."""

import errno
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from downloaders.base import Request
from downloaders.legacy import Match, Unmatched, WantedFile, adopt, find, match
from downloaders.places import Places
from rowkeeper.core.errors import InputError
from rowkeeper.core.ids import asset_id
from tests.fakes.clients import settings_in
from tests.fakes.disk import FaultyDisk

VIDEO, OTHER = "dQw4w9WgXcQ", "abc_-456789"
FILE = "1AbCdEfGhIjKlMnOpQrStUvWxYz012345"


def wanted(row_id: str, name: str, media_id: str, kind: str) -> WantedFile:
    provider = "drive" if kind == "file" else "youtube"
    request = Request(
        asset_id=asset_id(row_id, provider, media_id, kind),
        row_id=row_id,
        provider=provider,
        media_id=media_id,
        asset_kind=kind,
        original_url="https://example.org",
    )
    return WantedFile(request, name, f"{name.split()[0].lower()}@example.org")


ANNA = [wanted("1", "Anna Nagy", VIDEO, kind) for kind in ("video", "transcript")]
ANNAS_FILE = wanted("1", "Anna Nagy", FILE, "file")
BEN = wanted("2", "Ben Tamm", VIDEO, "video")


def sidecar(folder: Path, media_id: str, row_id: str, name: str, files: list[str]) -> None:
    """As the old system wrote it: the result of a download and the seven keys of its row."""
    facts = {
        "download_result": {"success": True, "files_downloaded": files, "media_id": media_id},
        "source_csv_row_id": row_id,
        "source_csv_index": 7,
        "personality_type": "FF-Fi/Se-CP/B(S) #4",
        "person_name": name,
        "person_email": "somebody@example.org",
        "download_timestamp": "2025-06-14T21:58:01",
        "tracking_version": "1.0",
    }
    path = folder / f"{media_id}_row{row_id}_FF-Fi-Se-CP-BS_num4_metadata.json"
    path.write_text(json.dumps(facts), "utf-8")


def run(folder: Path, *waiting: WantedFile) -> tuple[set[tuple[str, str]], dict[str, str]]:
    """``{(file, asset id)}`` matched, and ``{file: reason}`` of what is left."""
    media, sidecars, leftovers = find([folder])
    matches, unmatched = match(media, sidecars, waiting)
    left = {item.path.name: item.reason for item in [*leftovers, *unmatched]}
    return {(item.path.name, item.wanted.request.asset_id) for item in matches}, left


def test_a_media_id_in_the_name_is_certain_for_everyone_who_has_it(tmp_path: Path) -> None:
    (tmp_path / f"{VIDEO}.mp4").write_bytes(b"film")
    (tmp_path / f"{VIDEO}_transcript.vtt").write_bytes(b"WEBVTT")
    (tmp_path / f"{OTHER}.mp4").write_bytes(b"other")
    (tmp_path / f"{FILE}.docx").write_bytes(b"PK")
    matched, left = run(tmp_path, *ANNA, ANNAS_FILE, BEN)
    assert matched == {
        (f"{VIDEO}.mp4", ANNA[0].request.asset_id),
        (f"{VIDEO}.mp4", BEN.request.asset_id),
        (f"{VIDEO}_transcript.vtt", ANNA[1].request.asset_id),
        (f"{FILE}.docx", ANNAS_FILE.request.asset_id),
    }
    assert left == {f"{OTHER}.mp4": "no asset waits for it"}


@pytest.mark.parametrize(
    ("row_id", "name", "adopted"),
    [("1", "anna  NAGY", True), ("1", "Cleo Vogt", False), ("2", "Anna Nagy", False)],
)
def test_a_sidecar_counts_only_for_the_very_person(
    tmp_path: Path, row_id: str, name: str, adopted: bool
) -> None:
    (tmp_path / "My talk.mp4").write_bytes(b"film")
    sidecar(tmp_path, FILE, row_id, name, ["My talk.mp4"])
    matched, left = run(tmp_path, ANNAS_FILE)
    assert bool(matched) is adopted
    assert ("My talk.mp4" in left) is not adopted


def test_a_sidecar_of_many_files_does_not_say_which_is_which(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(b"film")
    sidecar(tmp_path, FILE, "1", "Anna Nagy", ["a.mp4", "b.mp4"])
    matched, left = run(tmp_path, ANNAS_FILE)
    assert matched == set()
    assert set(left) == {"a.mp4", "b.mp4"}


def test_a_row_id_alone_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "row_1_Interview.mp4").write_bytes(b"film")
    matched, left = run(tmp_path, ANNAS_FILE)
    assert matched == set()
    assert "a row id alone proves nothing" in left["row_1_Interview.mp4"]


def test_a_name_that_the_csv_gives_to_one_medium_alone(tmp_path: Path) -> None:
    listed = replace(ANNAS_FILE, file_names=("Interview.mp4",))
    other = replace(wanted("2", "Ben Tamm", OTHER, "file"), file_names=("Notes.txt",))
    third = replace(wanted("3", "Cleo Vogt", VIDEO, "file"), file_names=("Notes.txt",))
    for name in ("row_1_Interview.mp4", "Notes.txt", "row_3_Notes.txt"):
        (tmp_path / name).write_bytes(b"film")
    matched, left = run(tmp_path, listed, other, third)
    assert matched == {
        ("row_1_Interview.mp4", listed.request.asset_id),
        ("row_3_Notes.txt", third.request.asset_id),
    }
    assert set(left) == {"Notes.txt"}


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        (f"{VIDEO}.mp4.part", b"half", "unfinished (.part)"),
        (f"{VIDEO}.f137.mp4.ytdl", b"{}", "unfinished (.ytdl)"),
        (f"{VIDEO}.mp4", b"", "empty"),
        (f"{VIDEO}.mp4", b"\n <!DOCTYPE html><title>Sign in", "a web page saved as a file"),
        (f"{FILE}.html", b"<html>", "a web page saved as a file"),
        ("x_metadata.json", b"no json", "a sidecar that can't be read"),
        ("y_metadata.json", b"[]", "a sidecar that can't be read"),
    ],
)
def test_leftovers_are_named(tmp_path: Path, name: str, body: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(body)
    matched, left = run(tmp_path, *ANNA, ANNAS_FILE)
    assert matched == set()
    assert left == {name: reason}


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "youtube_downloads"
    folder.mkdir()
    secret = tmp_path / "secret"
    secret.write_bytes(b"not for you")
    (folder / f"{VIDEO}.mp4").symlink_to(secret)
    matched, left = run(folder, *ANNA)
    assert matched == set()
    assert left == {f"{VIDEO}.mp4": "a link, not a file"}


def test_an_adopted_file_is_a_verified_copy(tmp_path: Path) -> None:
    old = tmp_path / "old" / f"{VIDEO}.mp4"
    old.parent.mkdir()
    old.write_bytes(b"film" * 1000)
    settings = settings_in(tmp_path / "data")
    with Places(settings) as places:
        fetched = adopt(Match(old, ANNA[0], "its name"), settings, places)
    assert fetched.sha256 == hashlib.sha256(old.read_bytes()).hexdigest()
    assert fetched.path.read_bytes() == old.read_bytes()
    assert fetched.path.name == f"{ANNA[0].request.asset_id}.mp4"
    assert fetched.mime_type == "video/mp4"
    with Places(settings) as places:
        assert adopt(Match(old, ANNA[0], "its name"), settings, places) == fetched


def test_a_missing_folder_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        find([tmp_path / "nowhere"])


def test_unmatched_files_say_why() -> None:
    _, (left,) = match([Path("row_9_x.mp4")], [], [])
    assert left == Unmatched(
        Path("row_9_x.mp4"), "only its name says row 9, and a row id alone proves nothing"
    )


def test_a_disk_that_sets_no_times_and_no_rights_takes_the_file_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old.mp4"
    old.write_bytes(b"a film")
    disk = FaultyDisk(tmp_path / "data").install(monkeypatch)
    disk.fails = dict.fromkeys(("utime", "chmod"), errno.EPERM)
    settings = settings_in(disk.root)
    with Places(settings) as places:
        fetched = adopt(Match(old, ANNA[0], "its name"), settings, places)
    assert fetched.path.read_bytes() == b"a film"
