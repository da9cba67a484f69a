"""Files of the old system: adopted when it is certain whose they are, named and left otherwise."""

import errno
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from downloaders.base import Request
from downloaders.legacy import Match, WantedFile, adopt, match
from downloaders.legacy_finds import Unmatched, find
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
        (f"{VIDEO}.crdownload", b"half", "unfinished (.crdownload)"),
        (f"{VIDEO}.mp4.part-Frag7", b"half", "unfinished (.part-Frag7)"),
        (f"{VIDEO}.jpg", b"a thumbnail", "no asset waits for it"),
        (f"{VIDEO}.description", b"a text", "no asset waits for it"),
        ("x_metadata.json", b"no json", "a sidecar that can't be read"),
        ("y_metadata.json", b"[]", "a sidecar that can't be read"),
    ],
)
def test_leftovers_are_named(tmp_path: Path, name: str, body: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(body)
    matched, left = run(tmp_path, *ANNA, ANNAS_FILE)
    assert matched == set()
    assert left == {name: reason}


def test_each_file_of_an_asset_that_has_one_is_told(tmp_path: Path) -> None:
    for name, body in (("a", b"film" * 9), ("b", b"film" * 8), ("c", b"film" * 9)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{VIDEO}.mp4").write_bytes(body)
    media, sidecars, _ = find([tmp_path])
    matches, unmatched = match(media, sidecars, [ANNA[0], BEN])
    assert {item.path for item in matches} == {tmp_path / "a" / f"{VIDEO}.mp4"}
    assert len(matches) == 2
    said = {item.path.parent.name: item.reason for item in unmatched}
    assert sorted(said) == ["b", "c"]
    assert all("adopted as the same video of row " in reason for reason in said.values())


def test_a_name_that_several_files_have_is_nobodys(tmp_path: Path) -> None:
    listed = replace(ANNAS_FILE, file_names=("video.mp4",))
    for name in ("12", "13"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "video.mp4").write_bytes(name.encode())
    matched, left = run(tmp_path, listed)
    assert matched == set()
    assert "nothing says which is that of row 1" in left["video.mp4"]
    (tmp_path / "13" / "video.mp4").write_bytes(b"12")
    assert run(tmp_path, listed)[0] == {("video.mp4", listed.request.asset_id)}
    assert run(tmp_path, replace(listed, shares_names=True))[0] == set()


@pytest.mark.parametrize(
    ("listed", "there"),
    [("Café.mp4", "Cafe\u0301.mp4"), ("C:\\dl\\Café.mp4", "Café.mp4"), ("/x/y.mp4", "y.mp4")],
)
def test_a_name_is_one_whatever_its_accents_and_folders(
    tmp_path: Path, listed: str, there: str
) -> None:
    (tmp_path / there).write_bytes(b"film")
    by_csv = replace(ANNAS_FILE, file_names=(listed,))
    assert run(tmp_path, by_csv)[0] == {(there, by_csv.request.asset_id)}
    sidecar(tmp_path, FILE, "1", "Anna Nagy", [listed])
    assert run(tmp_path, ANNAS_FILE)[0] == {(there, by_csv.request.asset_id)}


def test_a_sidecar_that_names_its_file_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"film")
    sidecar(tmp_path, FILE, "1", "Anna Nagy", "a.mp4")  # type: ignore[arg-type]
    assert run(tmp_path, ANNAS_FILE)[0] == {("a.mp4", ANNAS_FILE.request.asset_id)}


def test_a_folder_and_a_file_that_can_not_be_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk(tmp_path).install(monkeypatch)
    (tmp_path / f"{VIDEO}.mp4").write_bytes(b"film")
    disk.fails = {"read": errno.EIO}
    assert "can't be read (" in run(tmp_path, ANNA[0])[1][f"{VIDEO}.mp4"]
    disk.fails = {"scandir": errno.EACCES}
    with pytest.raises(InputError, match="can't be read"):
        find([tmp_path])


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
