"""What disks can't do, and what becomes of it; each fault is a shim of the calls."""

import errno
import multiprocessing
import re
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from downloaders.files import write_hashed
from downloaders.sinks import FileSink, Told
from rowkeeper.core import clock
from rowkeeper.core.disk.faults import disk_error, too_large
from rowkeeper.core.disk.known import KnownFiles
from rowkeeper.core.disk.locks import lock_path
from rowkeeper.core.disk.names import Naming, is_systems
from rowkeeper.core.disk.parts import PART, growing, part_of, sweep
from rowkeeper.core.disk.probe import naming_of, probe
from rowkeeper.core.disk.writing import sync
from rowkeeper.core.errors import NeedsPersonError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.files import kept_files, write_keeping
from rowkeeper.core.journal.check import check, strangers
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.journal import (
    Journal,
    read_segment,
    seal_abandoned,
    sealed_segments,
)
from rowkeeper.core.journal.kept_files import loads
from tests.fakes.clients import settings_in
from tests.fakes.disk import FaultyDisk
from tests.helpers.events import SESSION

NO_LOCKS = {"flock": errno.ENOLCK, "lockf": errno.ENOLCK}


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultyDisk:
    return FaultyDisk(tmp_path).install(monkeypatch)


def test_the_probe_asks_the_disk_itself_and_leaves_nothing(disk: FaultyDisk) -> None:
    sound = probe(disk.root)
    assert (sound.locks, sound.byte_locks, sound.folder_sync) == (True, True, True)
    assert sound.naming.is_exact
    assert sound.weaknesses == ()
    disk.fails = {**NO_LOCKS, "sync_folder": errno.EINVAL}
    weak = probe(disk.root)
    assert (weak.locks, weak.byte_locks, weak.folder_sync) == (False, False, False)
    locks, flush = weak.weaknesses
    assert "no locks" in locks
    assert "power cut" in flush
    disk.folds = True
    assert not naming_of(disk.root).is_exact
    disk.folds, disk.decomposes = False, True
    assert not naming_of(disk.root).is_exact
    assert list(disk.root.iterdir()) == []


def test_names_that_a_disk_may_take_for_one_have_one_key() -> None:
    alike = ("people/Ann/É.mp4", "people/ann/e\u0301.MP4", "PEOPLE/ANN/é.mp4.", "people/ann/é.mp4 ")
    assert len({Naming(is_exact=False).key(name) for name in alike}) == 1
    assert len({Naming().key(name) for name in alike}) == len(alike)
    assert Naming(is_exact=False).key("a/b") != Naming(is_exact=False).key("a-b")


def test_without_hard_links_a_folder_has_its_id(disk: FaultyDisk) -> None:
    disk.fails = {"link": errno.EPERM}
    data = disk.root / "data"
    own_id = folder_id(data)
    assert folder_id(data) == own_id
    (data / "journal" / "folder.id").write_text("")  # its writer was killed
    assert folder_id(data) not in ("", own_id)


def _id_of(data: Path) -> str:
    return folder_id(data)


def test_of_many_that_draw_an_id_all_get_the_first(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(4, mp_context=context) as pool:  # a Pool kills its own
        assert len(set(pool.map(_id_of, [tmp_path / "data"] * 16))) == 1
    names = {path.name for path in (tmp_path / "data" / "journal").iterdir()}
    assert names == {"folder.id", "folder.id.lock"}


@pytest.mark.parametrize("fails", [{}, NO_LOCKS, {"flock": errno.EOPNOTSUPP}])
def test_a_lock_keeps_threads_apart_on_any_disk(disk: FaultyDisk, fails: dict[str, int]) -> None:
    disk.fails = fails
    path, inside, most = disk.root / "x.lock", [], []

    def work() -> None:
        for _ in range(20):
            with lock_path(path):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    with lock_path(path), pytest.raises(TimeoutError), lock_path(path, timeout_s=0):
        pass
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(most) == 80


def test_a_journal_without_locks_leaves_living_segments_alone(disk: FaultyDisk) -> None:
    disk.fails = {**NO_LOCKS, "sync_folder": errno.EINVAL}
    folder = disk.root / "journal"
    event = AssetEvent(event_type=EventType.DISCOVERED, session_id=SESSION)
    with Journal(folder) as journal:
        journal.append(event)
        assert seal_abandoned(folder) == 0
    (path,) = sealed_segments(folder).values()
    assert list(read_segment(path)) == [event]
    assert check(folder) == []


def test_a_file_that_can_not_be_flushed_is_an_error_and_a_folder_is_not(disk: FaultyDisk) -> None:
    disk.fails = {"sync_folder": errno.EINVAL}
    sync(disk.root)
    disk.fails = {"sync_folder": errno.EIO}
    with pytest.raises(OSError, match="Input/output error"):
        sync(disk.root)


@pytest.mark.parametrize("at_most", [1, 7, 1 << 20])
def test_short_writes_are_counted(disk: FaultyDisk, at_most: int) -> None:
    disk.at_most = at_most
    body = bytes(range(256)) * 8
    part = disk.root / "x.part"
    sink = FileSink(part, settings_in(disk.root))
    with sink.open(0, None, [], lambda _: Told(None, "text/plain")) as write:
        write(body)
        write(body)
    assert part.read_bytes() == body * 2
    assert write_hashed([body], part)[0] == len(body)
    assert part.read_bytes() == body
    event = AssetEvent(event_type=EventType.DISCOVERED, session_id=SESSION)
    with Journal(disk.root / "journal") as journal:
        journal.append(event)
    assert check(disk.root / "journal") == []


def test_a_file_that_the_disk_cut_is_not_finished(disk: FaultyDisk) -> None:
    part = disk.root / "x.part"
    sink = FileSink(part, settings_in(disk.root))
    with ExitStack() as stack:
        write = stack.enter_context(sink.open(0, None, [], lambda _: Told(None, "text/plain")))
        write(b"abcdef")
        part.write_bytes(b"abc")
        with pytest.raises(OSError, match="the disk kept 3 of 6 bytes"):
            stack.close()


def test_a_file_too_large_for_the_disk_needs_a_person(disk: FaultyDisk) -> None:
    disk.largest = 100
    with pytest.raises(OSError, match="too large") as caught:
        write_hashed([b"x" * 200], disk.root / "x.part")
    refused = too_large(caught.value)
    assert isinstance(refused, NeedsPersonError)
    assert refused.code == "file_too_large_for_disk"
    assert too_large(RuntimeError("unable to write data: [Errno 27] File too large")) is not None
    assert too_large(OSError(errno.EIO, "Input/output error")) is None


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "free space on it"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), "at /x .*make it writable"),
        (OSError(errno.EFBIG, "File too large", "/x"), "takes files of that size"),
        (OSError(errno.ESTALE, "Stale file handle", "/x"), "mounted and sound"),
        (OSError(errno.EHOSTDOWN, "Host is down", "/x"), "mounted and sound"),
        (OSError(errno.EHOSTDOWN, "Host is down"), None),  # a site's
        (OSError(errno.ENOENT, "No such file", "/x"), None),
    ],
)
def test_what_a_disk_refuses_is_one_sentence_with_its_remedy(
    error: OSError, remedy: str | None
) -> None:
    try:
        raise RuntimeError("a tool's words") from error
    except RuntimeError as raised:
        said = disk_error(raised)
    assert (said is None) == (remedy is None)
    assert remedy is None or re.search(remedy, str(said))


def test_only_our_own_parts_are_swept(tmp_path: Path) -> None:
    for name in ("Downloads/ubuntu.iso.part", "thesis.part", f"gone.mp4{PART}"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"half")
    with growing(tmp_path / "held.mp4") as file:
        file.write(b"half")
        sweep(tmp_path)
        left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
        assert left == {"ubuntu.iso.part", "thesis.part", f"held.mp4{PART}"}
    assert not part_of(tmp_path / "held.mp4").exists()
    assert len(part_of(tmp_path / ("x" * 255)).name) <= 255


def test_who_waits_for_another_writer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clock, "TELL_AFTER_S", 0.1)
    path, said = tmp_path / "film.mp4", ""

    def write() -> None:
        with growing(path) as file:
            file.write(b"second")
            file.flush()
            part_of(path).rename(path)

    second = threading.Thread(target=write)
    with growing(path):
        second.start()
        until = clock.seconds() + 20
        while not said and clock.seconds() < until:
            time.sleep(0.02)
            said = capsys.readouterr().err
    second.join()
    assert f"Waiting for another writer of {path}" in said
    assert path.read_bytes() == b"second"


def test_other_peoples_files_in_a_journal_are_not_read(tmp_path: Path) -> None:
    event = AssetEvent(event_type=EventType.DISCOVERED, session_id=SESSION)
    with Journal(tmp_path) as journal:
        journal.append(event)
    (path,) = sealed_segments(tmp_path).values()
    (tmp_path / "open").mkdir(exist_ok=True)
    body = path.read_bytes()
    for folder in (path.parent, tmp_path / "open"):
        for name in (
            f"._{path.name}",
            ".DS_Store",
            f"{path.stem} (Ann's conflicted copy).jsonl",
            f"{path.stem}-DESKTOP-1.jsonl",
            "notes.jsonl",
            "Untitled-1.jsonl",
            f"{path.stem}.sync-conflict-20260102-030405-ABCDEFG.jsonl",
        ):
            (folder / name).write_bytes(b"\0\5\26\7" + body)
    for name in ("._x", ".DS_Store", "old", "3f0b6a1e-52f6-4c55-9d3f-0d6f1f6c7a10 (1)"):
        (tmp_path / "loads" / name).mkdir(parents=True)
    assert list(sealed_segments(tmp_path).values()) == [path]
    assert seal_abandoned(tmp_path) == 0
    assert loads(tmp_path) == []
    assert check(tmp_path) == []
    assert len(strangers(tmp_path)) == 18
    assert path not in strangers(tmp_path)
    assert is_systems("~$output.csv")
    assert is_systems("Thumbs.db")
    assert not is_systems("output.csv")


def test_what_is_kept_needs_no_links_no_times_and_no_rights(disk: FaultyDisk) -> None:
    disk.fails = dict.fromkeys(("link", "utime", "chmod"), errno.EPERM)
    path = disk.root / "output.csv"
    write_keeping(path, b"one", 3)
    write_keeping(path, b"two", 3)
    assert path.read_bytes() == b"two"
    assert [kept.read_bytes() for kept in kept_files(path)] == [b"one"]


def test_known_files_are_known_by_their_name_or_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("real/Film.mp4", "real/other.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert "real/Film.mp4" in KnownFiles(tmp_path, ["link/Film.mp4"])
    assert "real/other.mp4" not in KnownFiles(tmp_path, ["link/Film.mp4"])
    FaultyDisk(tmp_path, folds=True).install(monkeypatch)
    monkeypatch.setattr("rowkeeper.core.disk.known.identity", lambda _: None)  # as on FUSE
    assert "real/FILM.mp4" in KnownFiles(tmp_path, ["real/Film.mp4"])
    assert "real/other.mp4" not in KnownFiles(tmp_path, ["real/Film.mp4"])
