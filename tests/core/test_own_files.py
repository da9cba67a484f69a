"""Files under our own names: no link is followed, no stranger's file is removed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from downloaders.files import partial_folder, sweep
from rowkeeper.archive.bag_files import UNFINISHED, begin
from rowkeeper.core import files
from rowkeeper.core.disk import parts
from rowkeeper.core.disk.locks import lock_path
from rowkeeper.core.disk.own import new_file, own_file, own_folder, standing_file, write_small
from rowkeeper.core.disk.presence import held, make_folder
from rowkeeper.core.errors import DiskError, UsageError
from rowkeeper.core.journal.manifest import ManifestEntry, note, read_manifest
from rowkeeper.core.journal.segments import segments_in
from rowkeeper.core.run_reports import note_report
from rowkeeper.workspace.locks import check_links
from uploaders.local.store import LocalStore

SECRET = b"a stranger's"


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """A file outside, to which links lead."""
    path = tmp_path / "outside" / "file"
    path.parent.mkdir()
    path.write_bytes(SECRET)
    return path


def grow(path: Path) -> None:
    with parts.growing(path) as file:
        file.write(b"ours")
        file.flush()
        parts.part_of(path).rename(path)


def lock(path: Path) -> None:
    with lock_path(path, timeout_s=1):
        pass


MAKERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "new": (lambda path: new_file(path).close(), "x"),
    "own": (lambda path: own_file(path).close(), "x"),
    "small": (lambda path: write_small(path, "ours"), "x"),
    "lock": (lock, "x"),
    "part": (grow, f"x{parts.PART}"),
    "whole": (lambda path: files.write_whole(path, b"ours"), "x"),
    "kept": (lambda path: files.write_keeping(path, b"ours", 3), "x"),
    "manifest": (lambda path: note(path.parent, ManifestEntry("loads/x")), "manifest.jsonl"),
    "runs": (lambda path: note_report(path.parent, {"said": "started"}), "runs.jsonl"),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("target", ["file", "nothing"])
def test_a_link_under_a_name_of_ours_is_not_followed(
    tmp_path: Path, strangers: Path, name: str, target: str
) -> None:
    make, planted = MAKERS[name]
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / planted).symlink_to(strangers.parent / target)
    make(tmp_path / "ours" / "x")
    assert [path.read_bytes() for path in strangers.parent.iterdir()] == [SECRET]
    if name == "manifest":
        assert list(read_manifest(tmp_path / "ours").entries) == ["loads/x"]


def test_a_link_for_a_file_that_stands_is_an_error(tmp_path: Path, strangers: Path) -> None:
    (tmp_path / "x").symlink_to(strangers)
    with pytest.raises(OSError, match="symbolic"):
        standing_file(tmp_path / "x")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no file"):
        own_file(tmp_path / "pipe")


def test_links_to_folders_are_refused_in_words(tmp_path: Path, strangers: Path) -> None:
    data = tmp_path / "data"
    (data / "files").mkdir(parents=True)
    (data / "run.lock").touch()
    (data / "files" / "people").symlink_to(strangers.parent)
    with held(data, data / "run.lock", None), pytest.raises(DiskError, match="people is a link"):
        make_folder(data / "files" / "people" / "7")
    check_links(data)
    (data / "dlt" / "dev").mkdir(parents=True)
    (data / "dlt" / "dev" / "state").symlink_to(strangers)
    with pytest.raises(DiskError, match="state is a link"):
        check_links(data)
    (data / "rowkeeper.duckdb").symlink_to(strangers)
    with pytest.raises(DiskError, match=r"rowkeeper\.duckdb is a link"):
        check_links(data)
    assert [path.name for path in strangers.parent.iterdir()] == ["file"]


def test_work_folders_are_ours_alone(tmp_path: Path, strangers: Path) -> None:
    work = partial_folder(tmp_path)
    work.mkdir(parents=True)
    (work / "dangling").symlink_to("nothing")
    (work / "old").symlink_to(strangers.parent)
    os.utime(work / "old", (0, 0), follow_symlinks=False)
    sweep(tmp_path)
    assert [path.name for path in work.iterdir()] == ["dangling"]
    (work / "media.part").symlink_to(strangers.parent)
    own_folder(work / "media.part")
    (work / "media.part" / "media.18.mp4.part").symlink_to(strangers)
    own_folder(work / "media.part")
    assert list((work / "media.part").iterdir()) == []
    assert strangers.read_bytes() == SECRET


def test_a_store_sweeps_its_own_halves_alone(tmp_path: Path, strangers: Path) -> None:
    store = LocalStore(tmp_path / "archive")
    (store.folder / "people").mkdir(parents=True)
    theirs = ["film.part", f"pipe{parts.PART}", f"link{parts.PART}"]
    (store.folder / theirs[0]).write_bytes(SECRET)
    os.mkfifo(store.folder / theirs[1])
    (store.folder / theirs[2]).symlink_to(strangers)
    (store.folder / "people" / f"half{parts.PART}").write_bytes(b"half")
    store.sweep()
    left = {path.name for path in store.folder.rglob("*")}
    assert left == {"people", *theirs}
    assert strangers.read_bytes() == SECRET


def test_only_kept_contents_of_ours_are_removed(tmp_path: Path) -> None:
    place = tmp_path / "output.csv"
    theirs = ["output.AZ.csv", "output.20240101T000000Z.csv", "output.1.Z.csv", "outputZ.csv"]
    for name in theirs:
        (tmp_path / name).write_bytes(SECRET)
    for number in range(4):
        files.write_keeping(place, b"%d" % number, keep=1)
    assert [path.read_bytes() for path in files.kept_files(place)] == [b"2"]
    assert {path.name for path in tmp_path.iterdir()} > set(theirs)


def test_a_bag_is_not_made_in_a_strangers_folder(tmp_path: Path, strangers: Path) -> None:
    place = tmp_path / "book"
    work = place.with_name(f"book{UNFINISHED}")
    work.mkdir()
    (work / "novel.txt").write_bytes(SECRET)
    with pytest.raises(UsageError, match="no bag that was begun here"):
        begin(place)
    assert (work / "novel.txt").read_bytes() == SECRET
    (work / "novel.txt").unlink()
    work.rmdir()
    work.symlink_to(strangers.parent)
    with pytest.raises(UsageError, match="no bag that was begun here"):
        begin(place)
    assert strangers.read_bytes() == SECRET


def test_a_linked_segment_is_none(tmp_path: Path, strangers: Path) -> None:
    name = "02c5856c-6e06-45c6-9b80-3ad4a3018f26-open.jsonl"
    (tmp_path / name).symlink_to(strangers)
    assert segments_in(tmp_path) == []
