"""A data folder whose disk goes away in mid-run: a sentence, nothing beneath, nothing lost."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from downloaders.pool import download_all
from loaders.pipeline import ingest_lock
from rowkeeper.archive.fixity import FILE, Copy, CopyPlace, FixityCheck
from rowkeeper.core.disk.presence import require
from rowkeeper.core.duckdb_file import open_duckdb
from rowkeeper.core.errors import DiskError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.files import write_whole
from rowkeeper.core.fixity import Content
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.formats import write_formats
from rowkeeper.core.journal.journal import (
    Journal,
    journal_dir,
    read_segment,
    seal_abandoned,
    sealed_segments,
)
from rowkeeper.core.progress import Progress
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock
from tests.fakes.clients import request_for, settings_for
from tests.fakes.disk import FaultyDisk
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile, Site
from tests.helpers.archives import Quiet, context_at
from tests.helpers.events import numbered
from uploaders.base import open_source
from uploaders.local.store import LocalStore
from uploaders.values import UploadRequest

GONE = "went away while this worked in it.*mount it again"


def event(number: int) -> AssetEvent:
    return AssetEvent(event_type=EventType.SESSION_STARTED, session_id=numbered(number))


def nothing(place: Path) -> None:
    """The share is unmounted: its mount point is left."""
    place.rename(place.with_name("share"))
    place.mkdir()


def nowhere(place: Path) -> None:
    """It was moved."""
    place.rename(place.with_name("share"))


def another(place: Path) -> None:
    """Another data folder is mounted there."""
    nothing(place)
    (place / "journal").mkdir()
    (place / "journal" / "folder.id").write_text("another")
    (place / "run.lock").touch()


@contextmanager
def away(context: Context) -> Iterator[Path]:
    """A run in whose middle the folder goes away, which it says at its end."""
    place = context.settings.data_dir
    with run_lock(context):
        folder_id(place)
    with pytest.raises(DiskError, match=GONE) as caught, run_lock(context):
        yield place
    assert caught.value.exit_code == 9


def everything(context: Context) -> dict[str, Callable[[], object]]:
    """Whatever makes files or folders in a data folder, or misses a file there."""
    place = context.settings.data_dir
    source = UploadRequest(
        asset_id="a",
        row_id="1",
        provider="drive",
        media_id="m",
        asset_kind="file",
        path=place / "files" / "x",
        sha256="0" * 64,
        size_bytes=1,
    )
    return {
        "events": lambda: Journal(journal_dir(place)).append(event(9)),
        "formats": lambda: write_formats(journal_dir(place)),
        "the warehouse": lambda: open_duckdb(place / "x.duckdb", "the DuckDB file x", False),
        "a file": lambda: write_whole(place / "legacy" / "output.csv", b"x"),
        "a load": lambda: ingest_lock(place / "dlt").__enter__(),
        "a build": lambda: build(context),
        "an upload": lambda: open_source(source),
    }


@pytest.mark.parametrize("goes", [nothing, nowhere, another])
def test_nothing_grows_beneath_and_nothing_is_lost(
    goes: Callable[[Path], None], tmp_path: Path
) -> None:
    context = context_at(tmp_path)
    journal = Journal(journal_dir(context.settings.data_dir))
    with away(context) as place:
        journal.append(event(1))
        goes(place)
        beneath = sorted(place.rglob("*"))
        write_whole(tmp_path / "elsewhere", b"x")  # of a folder that is there
        journal.append(event(2))  # the disk still takes what is open
        for what, attempt in everything(context).items():
            with pytest.raises(DiskError, match=GONE):
                attempt()
            assert sorted(place.rglob("*")) == beneath, what
    share = place.with_name("share")
    seal_abandoned(journal_dir(share))
    assert not sealed_segments(journal_dir(share))  # its writer lives
    journal._file.close()  # type: ignore[union-attr]
    seal_abandoned(journal_dir(share))
    [segment] = sealed_segments(journal_dir(share)).values()
    assert [kept.session_id for kept in read_segment(segment)] == [numbered(1), numbered(2)]


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.ENOTCONN])
def test_a_share_that_answers_with_errors_is_told_as_gone(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_at(tmp_path)
    disk = FaultyDisk(context.settings.data_dir).install(monkeypatch)
    with away(context) as place:
        disk.fails = dict.fromkeys(("stat", "mkdir", "change", "read"), number)
        with pytest.raises(DiskError, match=GONE):
            write_whole(place / "published" / "x", b"x")
        raise OSError(number, "whatever a library makes of it")


def test_a_folder_that_is_there_is_no_reason(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    place = context.settings.data_dir
    with pytest.raises(ValueError, match="another reason"), run_lock(context):
        raise ValueError("another reason")
    folder_id(place)
    with run_lock(context):
        lock = place / "run.lock"
        lock.rename(place / "run.old")  # as disks do that number files anew
        lock.touch()
        require(place / "files")
        require(tmp_path)
    nothing(place)
    require(place / "files")  # nobody works there


def test_downloads_stop_and_no_failure_is_told(tmp_path: Path) -> None:
    files = [DriveFile(f"drive_file{n:02}", f"{n}.txt", b"body %d" % n) for n in range(30)]
    context = context_at(tmp_path)
    place, events = context.settings.data_dir, list[AssetEvent]()
    with FakeInternet(Site(files=files)) as net:
        settings = settings_for(net, place)

        def then(progress: Progress[object]) -> None:
            if progress.state == "downloaded" and not place.with_name("share").exists():
                nothing(place)

        requests = [request_for("drive", "file", item.id) for item in files]
        with away(context):
            download_all(requests, settings, events.append, "s1", then)
    assert list(place.iterdir()) == []
    assert {item.event_type for item in events} == {EventType.DOWNLOADED}
    for item in events:
        assert (place.with_name("share") / str(item.local_path)).is_file()


def test_files_of_a_folder_that_is_away_are_not_told_as_lost(tmp_path: Path) -> None:
    context, events = context_at(tmp_path), list[AssetEvent]()
    store = LocalStore(tmp_path / "share" / "archive")
    copy = Copy("a", "1", "drive", "m", "file", Content("0" * 64, 1), 1, 1, None)
    check = FixityCheck(context, store, "s1", events.append, Quiet())
    with away(context) as place:
        nowhere(place)
        check.run([CopyPlace(FILE, f"files/{number}", (copy,)) for number in range(9)])
    assert events == []
