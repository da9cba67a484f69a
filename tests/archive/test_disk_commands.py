"""Whole commands on real mounts, where the machine has them: all is right, or refused in words."""

import csv
import errno
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from demo.site import SHEET_PAGE, SHEET_URL
from rowkeeper.archive.retrieve import INDEX
from rowkeeper.cli import run_command
from rowkeeper.core.journal.journal import Journal
from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile, Site
from tests.helpers.mounts import HABITS, fault, mounted, needs_fuse, unmount
from tests.helpers.sources import claiming_csv, page
from tests.helpers.warehouses import in_order

pytestmark = needs_fuse

NAMES = ("Film.mp4", "film.mp4", "\u00e9.mp4", "e\u0301.mp4")
FILES = [
    DriveFile(f"1FileOfADiskFileOfADisk{n:05}", name, b"%d " % n * 9000)
    for n, name in enumerate(NAMES)
]
OLD = FILES[-1]
"""Is adopted from the old system's folder."""
BODIES = {hashlib.sha256(file.body).hexdigest(): file.body for file in FILES}
ARCHIVED = """
select person_row_id, media_id, sha256, object_key from {schema}.assets
where download_status = 'uploaded' order by person_row_id"""
LOCAL = """
select media_id, sha256, local_file_path from {schema}.assets
where local_file_path is not null order by person_row_id"""


@pytest.fixture
def site(engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInternet]:
    """A person a file; a legacy CSV names them all."""
    site_served = Site(files=list(FILES))
    links = {str(n): [_link(file)] for n, file in enumerate(FILES, 1)}
    site_served.pages[SHEET_PAGE] = page(links)
    with FakeInternet(site_served) as net:
        net.lead_here(monkeypatch)
        monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", SHEET_URL)
        monkeypatch.setenv("ROWKEEPER_SITE_WRITE", "0")
        monkeypatch.setenv("ROWKEEPER_UPLOAD_WORKERS", "1")
        monkeypatch.setenv("ROWKEEPER_STORE_LAYOUT", "{kind}/{file}")  # names that disks mix up
        yield net


def _link(file: DriveFile) -> str:
    return f"https://drive.google.com/file/d/{file.id}/view"


def exfat(folder: Path) -> AbstractContextManager[Path]:
    """A disk by exFAT's own driver."""
    return _of_image(folder, "mkfs.exfat", "mount.exfat-fuse")


def ntfs(folder: Path) -> AbstractContextManager[Path]:
    """A disk by NTFS's own driver."""
    return _of_image(folder, "mkntfs -F -q", "ntfs-3g")


@contextmanager
def _of_image(folder: Path, make: str, mount: str) -> Iterator[Path]:
    image, place = folder / "image", folder / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    _call(*make.split(), str(image))
    device = _call("losetup", "--find", "--show", str(image))
    try:
        _call(mount, device, str(place))
        yield place
    finally:
        unmount(place)
        subprocess.run(["losetup", "--detach", device], check=False)


def _call(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def has(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in (*tools, "losetup") if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{missing} are not installed")


PAIRS = [("exFAT", "a share"), ("of a Mac", "a quota")]
"""Habits that go together: a disk that has those of both is the harder one, at half the runs."""
BOTH = {" and ".join(pair): HABITS[pair[0]] + HABITS[pair[1]] for pair in PAIRS}
DISKS = [
    *(pytest.param(lambda folder, n=name: mounted(folder, *BOTH[n]), id=name) for name in BOTH),
    pytest.param(exfat, id="exFAT's driver", marks=has("mkfs.exfat", "mount.exfat-fuse")),
    pytest.param(ntfs, id="NTFS's driver", marks=has("mkntfs", "ntfs-3g")),
]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.parametrize("disk", DISKS)
def test_what_each_command_says_is_there(
    disk: Callable[[Path], AbstractContextManager[Path]],
    engine: Target,
    site: FakeInternet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ends(*command: str) -> int:
        capsys.readouterr()
        return run_command(list(command))

    with disk(tmp_path) as place:
        (place / "old").mkdir()
        (place / "legacy").mkdir()
        (place / "old" / f"a {OLD.id}.mp4").write_bytes(OLD.body)
        claiming_csv(place / "legacy" / "output.csv", {})
        monkeypatch.setenv("ROWKEEPER_STORE_URL", (place / "archive").as_uri())

        assert ends("run", "--mode", "basic") == 0, capsys.readouterr().err
        assert ends("migrate", "adopt", str(place / "old")) == 0, capsys.readouterr().err
        asked = len(site.requests)
        assert ends("run") == 0, capsys.readouterr().err
        assert not [r for r in site.requests[asked:] if OLD.id in str(r)]
        _archived_as_claimed(engine, place / "archive")

        assert ends("verify") == 0, capsys.readouterr().out
        assert ends("restore", "--to", str(place / "out")) == 0, capsys.readouterr().err
        _restored_as_claimed(place / "out")
        assert ends("export", "bag", "--to", str(place / "bag")) == 0, capsys.readouterr().err
        _restored_as_claimed(place / "bag" / "data" / "archive")

        csv_file = place / "legacy" / "output.csv"
        before = csv_file.read_bytes()
        assert ends("migrate", "rollback", str(csv_file)) == 0, capsys.readouterr().err
        with csv_file.open(encoding="utf-8", newline="") as file:
            assert [row["row_id"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]
        [kept] = [path for path in csv_file.parent.iterdir() if path != csv_file]
        assert kept.read_bytes() == before


def _archived_as_claimed(engine: Target, archive: Path) -> None:
    claimed = in_order(engine, ARCHIVED)
    assert [(row_id, media_id) for row_id, media_id, *_ in claimed] == [
        (str(n), file.id) for n, file in enumerate(FILES, 1)
    ]
    assert [row[2] for row in claimed] == list(BODIES)
    for _, _, sha256, key in claimed:
        assert (archive / key).read_bytes() == BODIES[sha256]


def _restored_as_claimed(folder: Path) -> None:
    with (folder / INDEX).open(encoding="utf-8", newline="") as file:
        claimed = {row["row_id"]: (row["path"], row["sha256"]) for row in csv.DictReader(file)}
    assert claimed.keys() == {"1", "2", "3", "4"}
    for (path, sha256), body in zip(
        (claimed[row] for row in sorted(claimed)), BODIES.values(), strict=True
    ):
        assert (folder / path).read_bytes() == body == BODIES[sha256]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.parametrize(
    ("habits", "code"), [(HABITS["exFAT"] + HABITS["a quota"], 0), (HABITS["a share"], 9)]
)
def test_a_data_folder_on_such_a_disk(
    habits: tuple[str, ...],
    code: int,
    engine: Target,
    site: FakeInternet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mounted(tmp_path, *habits) as place:
        data = place / "data"
        monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(data))
        assert run_command(["run"]) == code
        said = capsys.readouterr().err
        if code:
            assert "locks" in said.splitlines()[-1]
            assert len(said.splitlines()) == 1
            return
        target = Target(name="dev", type="duckdb", path=str(data / "rowkeeper.duckdb"))
        _archived_as_claimed(target, data / "archive")
        for media_id, sha256, path in in_order(target, LOCAL):
            assert (data / path).read_bytes() == BODIES[sha256], media_id
        assert run_command(["verify"]) == 0


FAULTS = {
    "it goes read-only": lambda place: fault(place, errno.EROFS),
    "it is full": lambda place: fault(place, errno.ENOSPC),
    "it answers ESTALE": lambda place: fault(place, errno.ESTALE),
    "it is unmounted": unmount,
}


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.parametrize("befalls", FAULTS)
def test_a_share_that_fails_in_mid_run(
    befalls: str,
    engine: Target,
    site: FakeInternet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the first object that is told as archived; then all comes, when it is well again."""
    append = Journal.append
    with mounted(tmp_path) as place:
        archive = place / "archive"
        monkeypatch.setenv("ROWKEEPER_STORE_URL", archive.as_uri())
        monkeypatch.setenv("ROWKEEPER_UPLOAD_KEEP_LOCAL", "0")

        def and_then(journal: Journal, event: object, *rest: object) -> object:
            done = append(journal, event, *rest)  # type: ignore[arg-type]
            if "uploaded" in str(getattr(event, "event_type", "")):
                FAULTS[befalls](place)
            return done

        with monkeypatch.context() as patch:
            patch.setattr(Journal, "append", and_then)
            assert run_command(["run"]) == 5
        said = capsys.readouterr().err.splitlines()
        assert "Traceback" not in said[-1]
        if befalls == "it is unmounted":
            assert list(place.iterdir()) == []
        else:
            fault(place, 0)
        real = tmp_path / "backing" / "archive"
        claimed = in_order(engine, ARCHIVED)
        for _, _, sha256, key in claimed:
            assert (real / key).read_bytes() == BODIES[sha256]
        held = {sha256 for _, sha256, _ in in_order(engine, LOCAL)}
        assert held | {row[2] for row in claimed} == set(BODIES)
    with mounted(tmp_path) as place:
        asked = len(site.requests)
        assert run_command(["run"]) == 0, capsys.readouterr().err
        assert len(site.requests) == asked + 1  # the sheet
        _archived_as_claimed(engine, place / "archive")
        assert json.loads((place / "archive" / "rowkeeper-store.json").read_bytes())
