"""The data folder: none grows in another's place, and its disk is asked what it can do."""

import errno
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest

from rowkeeper.catalogue.publish import publish, published_path
from rowkeeper.cli import run_command
from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.duckdb_file import open_duckdb
from rowkeeper.core.errors import DiskError, UsageError
from rowkeeper.core.journal.check import check
from rowkeeper.core.journal.folder_id import FOLDER_ID, folder_id, known_id
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.salvage import salvage
from rowkeeper.core.net.pace import default_folder
from rowkeeper.core.run_reports import note_report
from rowkeeper.core.settings import PROJECT_DIR, load_settings
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.data_folder import REMEMBERED, check_disk, check_folder, remember_folder
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.sessions import session
from tests.fakes.disk import FaultyDisk
from tests.helpers.archives import context_at


def test_a_folder_that_is_not_mounted_is_not_begun_anew(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    place = context.settings.data_dir
    check_folder(context.settings)  # nothing is known of it: the first run makes it
    with run_lock(context):
        own_id = folder_id(place)
    place.rename(tmp_path / "away")
    for is_there in (False, True):
        if is_there:
            place.mkdir()
        with pytest.raises(
            DiskError, match=f"held the data folder {own_id}.*mount its disk"
        ) as caught:
            check_folder(context.settings)
        assert caught.value.exit_code == 9
    assert list(place.iterdir()) == []
    check_folder(context_at(tmp_path, disk__new_folder="true").settings)
    check_folder(context_at(tmp_path, data_dir=str(tmp_path / "away")).settings)
    place.rmdir()
    (tmp_path / "away").rename(place)
    check_folder(context.settings)


COMMANDS = {
    "rowkeeper": ["rowkeeper", "run", "--sheet", "people.csv"],
    "dlt": ["dlt", "pipeline", "run", "--sheet", "people.csv"],
    "dbt": ["dbt", "build"],
}


def taken_away(tmp_path: Path) -> Context:
    """A data folder that was here before, and nothing is in its place."""
    context = context_at(tmp_path)
    folder_id(context.settings.data_dir)
    remember_folder(context.settings)
    context.settings.data_dir.rename(tmp_path / "away")
    return context


def unmounted(tmp_path: Path) -> Path:
    """Nothing but the mount point of a data folder is left."""
    place = taken_away(tmp_path).settings.data_dir
    place.mkdir()
    return place


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_grows_a_folder_beneath_a_mount_point(name: str, tmp_path: Path) -> None:
    place = unmounted(tmp_path)
    program, *arguments = COMMANDS[name]
    there = {
        "ROWKEEPER_DATA_DIR": str(place),
        "ROWKEEPER_DISK_STATE_DIR": str(tmp_path / "state"),
        "DBT_TARGET": "dev",
        "DBT_TARGET_PATH": str(tmp_path / "dbt"),
        "DBT_LOG_PATH": str(tmp_path / "dbt"),
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DLT_")}
    ended = subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments],
        cwd=PROJECT_DIR,
        env={**kept, **there},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "held the data folder" in " ".join((ended.stdout + ended.stderr).split())
    assert ended.returncode == (2 if name == "dbt" else DiskError.exit_code)
    assert list(place.iterdir()) == []


def test_a_folder_is_known_whatever_way_leads_to_it(tmp_path: Path) -> None:
    place = tmp_path / "mnt" / "usb" / "data"
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "usb").symlink_to(tmp_path / "mnt" / "usb")
    ways = [place, tmp_path / "home/usb/data", Path(f"{tmp_path}/mnt/../mnt/usb/data")]
    own_id = folder_id(place)
    for first in ways:
        remember_folder(context_at(tmp_path, data_dir=str(first)).settings)
        (tmp_path / "mnt" / "usb").rename(tmp_path / "away")
        (tmp_path / "mnt" / "usb").mkdir()
        for way in ways:
            with pytest.raises(DiskError, match=f"held the data folder {own_id}"):
                check_folder(context_at(tmp_path, data_dir=str(way)).settings)
        (tmp_path / "mnt" / "usb").rmdir()
        (tmp_path / "away").rename(tmp_path / "mnt" / "usb")
        (tmp_path / "state" / REMEMBERED).unlink()
    (tmp_path / "state" / REMEMBERED).write_text(json.dumps({str(ways[1]): own_id}))
    (tmp_path / "mnt" / "usb").rename(tmp_path / "away")
    with pytest.raises(DiskError, match="held the data folder"):  # as earlier versions wrote it
        check_folder(context_at(tmp_path, data_dir=str(ways[1])).settings)


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_is_asked_whether_a_new_folder_may_begin(
    answer: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place, asked = unmounted(tmp_path), []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return answer

    monkeypatch.setattr(click, "confirm", confirm)
    monkeypatch.setenv("ROWKEEPER_DISK_STATE_DIR", str(tmp_path / "state"))
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    code = run_command(["status", "--data-dir", str(place), "--target", "dev"])
    assert len(asked) == 1
    assert asked[0].endswith("Begin a new data folder now?")
    assert (code == DiskError.exit_code) == (not answer)
    assert ("held the data folder" in capsys.readouterr().err) == (not answer)


def test_a_folder_that_moved_here_takes_the_place(tmp_path: Path) -> None:
    context = taken_away(tmp_path)
    place = context.settings.data_dir
    second = folder_id(place)
    check_folder(context.settings)
    remember_folder(context.settings)
    (state,) = (tmp_path / "state").iterdir()
    assert json.loads(state.read_text()) == {str(place): second}


def test_the_settings_may_name_the_folder(tmp_path: Path) -> None:
    own_id = folder_id(tmp_path / "data")
    check_folder(context_at(tmp_path, disk__folder_id=own_id).settings)
    for place, words in (("data", "is the data folder"), ("none", "is no data folder")):
        wrong = context_at(tmp_path, disk__folder_id="another", data_dir=str(tmp_path / place))
        with pytest.raises(DiskError, match=words):
            check_folder(wrong.settings)
    assert not (tmp_path / "none").exists()


def test_a_state_that_can_not_be_kept_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, and no folder")
    context = context_at(tmp_path)
    folder_id(context.settings.data_dir)
    remember_folder(context.settings)
    check_folder(context.settings)


def test_a_user_without_a_home_remembers_nothing_and_is_told_where_the_pace_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # a user that is in no list
    settings = load_settings({"data_dir": str(tmp_path / "data")}, {}, tmp_path)
    folder_id(settings.data_dir)
    remember_folder(settings)
    check_folder(settings)
    with pytest.raises(UsageError, match="ROWKEEPER_DOWNLOAD_PACE_DIR"):
        default_folder()


def test_what_the_disk_lacks_is_said_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_at(tmp_path)
    disk = FaultyDisk(tmp_path / "data").install(monkeypatch)
    assert check_disk(context) == ()
    disk.fails = {"flock": errno.ENOLCK, "sync_folder": errno.EINVAL}
    locks, flush = check_disk(context)
    assert "start one at a time" in locks
    assert "power cut" in flush
    disk.fails = {"lockf": errno.ENOLCK}
    with pytest.raises(DiskError, match="has no locks, which DuckDB needs") as caught:
        check_disk(context)
    assert caught.value.exit_code == 9
    disk.fails = {"mkdir": errno.EROFS}
    with pytest.raises(DiskError, match="Read-only"):
        check_disk(context)


@pytest.mark.parametrize("char", list("%'?#\\"))
def test_a_path_that_can_not_be_quoted_is_refused_in_words(char: str, tmp_path: Path) -> None:
    context = context_at(tmp_path / f"a{char}b")
    with pytest.raises(DiskError, match="rename the folder") as caught:
        check_disk(context)
    assert f"has {char} in it" in str(caught.value)
    assert not context.settings.data_dir.exists()
    (tmp_path / "link").symlink_to(tmp_path / f"a{char}b")
    with pytest.raises(DiskError, match=r"which leads to .*rename the folder"):
        check_disk(context_at(tmp_path / "link"))
    assert check_disk(context_at(tmp_path / 'a; b"{$&é')) == ()


def test_a_path_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    context = context_at(tmp_path / os.fsdecode(b"a\xff"))
    for one in (context, replace(context, target=replace(context.target, type="postgres"))):
        with pytest.raises(DiskError, match="bytes that are no text in it"):
            check_disk(one)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_locks_is_not_told_as_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    FaultyDisk(tmp_path).install(monkeypatch).fails = {"lockf": errno.ENOLCK}

    def refusing(*_: object, **__: object) -> None:
        raise duckdb.IOException('Could not set lock on file "x": No locks available')

    monkeypatch.setattr(duckdb, "connect", refusing)
    with pytest.raises(DiskError, match="has no locks, which DuckDB needs"):
        open_duckdb(tmp_path / "x.duckdb", "the DuckDB file x", read_only=False)


def test_a_catalogue_is_published_where_no_times_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_at(tmp_path)
    with connect(context.target) as warehouse:
        warehouse.execute("create table found as select 7 as number")
    FaultyDisk(tmp_path / "data", fails={"utime": errno.EPERM}).install(monkeypatch)
    publish(context)
    copy = replace(context.target, path=str(published_path(context.target)))
    with connect(copy, read_only=True) as warehouse:
        assert warehouse.query("select number from found") == [(7,)]


def test_a_full_disk_that_takes_no_copy_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_at(tmp_path)
    with connect(context.target) as warehouse:
        warehouse.execute("create table found as select 7 as number")
    path = published_path(context.target)
    FaultyDisk(path.parent, fails={"write": errno.ENOSPC}).install(monkeypatch)
    with pytest.raises(OSError, match="No space left") as caught:
        publish(context)
    assert "free space on it" in str(disk_error(caught.value))
    assert list(path.parent.iterdir()) == []


def test_half_a_copy_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_at(tmp_path)
    with connect(context.target) as warehouse:
        warehouse.execute("create table found as select 7 as number")
    whole = shutil.copyfile

    def half(source: str, target: Path) -> None:
        whole(source, target)
        os.truncate(target, target.stat().st_size // 2)

    monkeypatch.setattr(shutil, "copyfile", half)
    with pytest.raises(OSError, match="the disk kept"):
        publish(context)
    assert list(published_path(context.target).parent.iterdir()) == []


@pytest.mark.parametrize("left", [None, b"", b"\0" * 36, b"\xff\xfe"])
def test_a_folder_whose_id_is_lost_is_still_the_one_that_its_journal_tells(
    left: bytes | None, tmp_path: Path
) -> None:
    context = context_at(tmp_path)
    place = context.settings.data_dir
    own_id, journal = folder_id(place), journal_dir(place)
    with session(journal, "download") as current:
        current.new({"asset"})
    remember_folder(context.settings)
    (journal / FOLDER_ID).unlink()
    if left is not None:
        (journal / FOLDER_ID).write_bytes(left)
    check_folder(context.settings)
    (finding,) = check(journal)
    assert (finding.path, finding.lost) == (journal / FOLDER_ID, False)
    assert known_id(place) == folder_id(place) == own_id
    assert check(journal) == []
    for segment in (journal / "sealed").iterdir():
        segment.unlink()
    (journal / FOLDER_ID).unlink()
    assert known_id(place) is None
    note_report(journal, {"report_id": "1", "folder_id": own_id})
    assert folder_id(place) == own_id
    (journal / FOLDER_ID).unlink()
    assert [item.path for item in salvage(journal).findings if not item.lost] == [
        journal / FOLDER_ID
    ]
    assert (journal / FOLDER_ID).read_text() == own_id


@pytest.mark.parametrize(
    "state", ["null", "5", "[1, 2]", '"x"', '["ab"]', '{"PLACE": null}', '{"PLACE": {"id": "x"}}']
)
def test_a_state_of_another_shape_remembers_nothing(state: str, tmp_path: Path) -> None:
    context = context_at(tmp_path)
    kept = tmp_path / "state" / REMEMBERED
    kept.parent.mkdir()
    kept.write_text(state.replace("PLACE", str(context.settings.data_dir)))
    check_folder(context.settings)
    own_id = folder_id(context.settings.data_dir)
    remember_folder(context.settings)
    assert json.loads(kept.read_text()) == {str(context.settings.data_dir): own_id}
