"""The data folder: none grows in another's place, and its disk is asked what it can do."""

import errno
import json
from pathlib import Path

import pytest

from rowkeeper.core.duckdb_file import open_duckdb
from rowkeeper.core.errors import DiskError
from rowkeeper.core.paths import folder_id
from rowkeeper.workspace.data_folder import check_disk, check_folder, remember_folder
from rowkeeper.workspace.locks import run_lock
from tests.fakes.disk import FaultyDisk
from tests.helpers.archives import context_at


def test_a_folder_that_is_not_mounted_is_not_begun_anew(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    place = context.settings.data_dir
    check_folder(context.settings)  # nothing is known of it: the first run makes it
    with run_lock(context):
        found = folder_id(place)
    place.rename(tmp_path / "away")
    for is_there in (False, True):
        if is_there:
            place.mkdir()
        with pytest.raises(
            DiskError, match=f"held the data folder {found}.*mount its disk"
        ) as told:
            check_folder(context.settings)
        assert told.value.exit_code == 9
    assert list(place.iterdir()) == []
    check_folder(context_at(tmp_path, disk__new_folder="true").settings)
    check_folder(context_at(tmp_path, data_dir=str(tmp_path / "away")).settings)
    place.rmdir()
    (tmp_path / "away").rename(place)
    check_folder(context.settings)


def test_a_folder_that_moved_here_takes_the_place(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    place = context.settings.data_dir
    folder_id(place)
    remember_folder(context.settings)
    place.rename(tmp_path / "first")
    second = folder_id(place)
    check_folder(context.settings)
    remember_folder(context.settings)
    (state,) = (tmp_path / "state").iterdir()
    assert json.loads(state.read_text()) == {str(place): second}


def test_the_settings_may_name_the_folder(tmp_path: Path) -> None:
    found = folder_id(tmp_path / "data")
    check_folder(context_at(tmp_path, disk__folder_id=found).settings)
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
    with pytest.raises(DiskError, match="has no locks, which DuckDB needs") as told:
        check_disk(context)
    assert told.value.exit_code == 9
    disk.fails = {"mkdir": errno.EROFS}
    with pytest.raises(DiskError, match="Read-only"):
        check_disk(context)


@pytest.mark.parametrize("char", list("%'?#\\"))
def test_a_path_that_can_not_be_quoted_is_refused_in_words(char: str, tmp_path: Path) -> None:
    context = context_at(tmp_path / f"a{char}b")
    with pytest.raises(DiskError, match="rename the folder") as told:
        check_disk(context)
    assert f"has {char} in it" in str(told.value)
    assert not context.settings.data_dir.exists()
    assert check_disk(context_at(tmp_path / 'a; b"{$&é')) == ()


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
