"""The table of docs/disks.md: disks that people have, by what is kept on them.

Each pair ends with everything right or with a refusal in words; no claim is false either way.
"""

import csv
import errno
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from downloaders.pool import download_all
from rowkeeper.archive.bag_files import begin, finish, payload_name
from rowkeeper.archive.retrieve import INDEX, retrieve
from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.errors import RowkeeperError
from rowkeeper.core.events import EventType
from rowkeeper.core.files import kept_files, write_keeping
from rowkeeper.core.journal.journal import Journal, journal_dir, read_segment, sealed_segments
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import select
from tests.fakes.clients import request_for, settings_for
from tests.fakes.disk import FaultyDisk
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile, Site
from tests.helpers.archives import Quiet, archive_of, context_at
from uploaders.local import LocalStore
from uploaders.values import UploadRequest

LONG = b"a film of some length " * 40
BODIES = {"files/Ann/Film.mp4": LONG, "files/ann/film.mp4": b"another's", "files/7/x.txt": b"x"}
OLD, NEW = b"row_id,name\n1,Ann\n" * 9, b"row_id,name\n1,Ann\n2,Bob\n" * 9
DISKS: dict[str, dict[str, Any]] = {
    "as on Linux": {},
    "folds case": {"folds": True},
    "decomposes accents": {"decomposes": True},
    "exFAT": {"folds": True, "fails": dict.fromkeys(("link", "chmod"), errno.EPERM)},
    "no locks": {"fails": dict.fromkeys(("flock", "lockf"), errno.ENOLCK)},
    "no sync of folders": {"fails": {"sync_folder": errno.EINVAL}},
    "no times and rights": {"fails": dict.fromkeys(("utime", "chmod"), errno.EPERM)},
    "short writes": {"at_most": 7},
    "no large files": {"largest": 100},
    "full": {"fails": {"write": errno.ENOSPC}},
    "read-only": {"fails": {"change": errno.EROFS}},
    "gone": {"fails": {"change": errno.ESTALE, "write": errno.ESTALE}},
}
GOES_ON = set(DISKS) - {"no large files", "full", "read-only", "gone"}
"""Disks on which everything has to work."""
Claims = list[tuple[Path, bytes]]


def data_folder(place: Path, told: Claims) -> None:
    """Files are fetched, and what is told of them is in the journal."""
    context = context_at(place.parent, data_dir=str(place))
    bodies = {f"drive_file{n}": body for n, body in enumerate(BODIES.values())}
    files = [DriveFile(name, "Film.mp4", body) for name, body in bodies.items()]
    requests = [request_for("drive", "file", name) for name in bodies]
    with FakeInternet(Site(files=files)) as net, run_lock(context):
        with Journal(journal_dir(place)) as journal:
            settings = settings_for(net, place, attempts=1, min_free_bytes=0)
            failed = download_all(requests, settings, journal.append, "s1").failed
        events = [e for p in sealed_segments(journal_dir(place)).values() for e in read_segment(p)]
        for event in events:
            if event.event_type is EventType.DOWNLOADED:
                told.append((place / str(event.local_path), bodies[str(event.media_id)]))
            elif event.event_type is EventType.DOWNLOAD_FAILED:
                assert event.error_message
    assert len(told) + failed == len(bodies)


def archive(place: Path, told: Claims) -> None:
    """Files are put into a store."""
    store = LocalStore(place / "archive")
    store.probe()
    for number, body in enumerate(BODIES.values()):
        source = place.parent / f"source-{number}"
        source.write_bytes(body)
        request = UploadRequest(
            asset_id=f"asset-{number}",
            row_id="1",
            provider="drive",
            media_id="m",
            asset_kind="file",
            path=source,
            sha256=hashlib.sha256(body).hexdigest(),
            size_bytes=len(body),
        )
        stored = store.put(request, f"people/{number}/Film.mp4")
        told.append((store.folder / stored.object_key, body))


def restore(place: Path, told: Claims) -> None:
    """An archive comes back as files."""
    context = archive_of(place.parent, BODIES)
    done = retrieve(context, Quiet(), select(), place / "out")
    _claimed(place / "out", told)
    assert len(told) + len(done.failures) == len(BODIES)
    assert all(done.failures.values())


def bag(place: Path, told: Claims) -> None:
    """The same as a BagIt bag."""
    context = archive_of(place.parent, BODIES)
    work = begin(place / "bag")
    folder = work / "data" / "archive"
    done = retrieve(context, Quiet(), select(), folder, payload_name)
    assert len(done.hashes) + len(done.failures) == len(BODIES)
    hashes = {f"archive/{path}": found for path, found in done.hashes.items()}
    hashes[f"archive/{INDEX}"] = hashlib.sha256((folder / INDEX).read_bytes()).hexdigest()
    finish(work, place / "bag", {}, hashes)
    _claimed(place / "bag" / "data" / "archive", told)


def _claimed(folder: Path, told: Claims) -> None:
    owners = list(BODIES.values())
    with (folder / INDEX).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            told.append((folder / row["path"], owners[int(row["row_id"]) - 1]))


def csv_beside(place: Path, told: Claims) -> None:
    """The legacy CSV, by a run, by an export and by ``migrate rollback``: the old one is kept."""
    path = place / "legacy" / "output.csv"
    write_keeping(path, NEW, 3)
    told.append((path, NEW))
    [kept] = kept_files(path)
    told.append((kept, OLD))


USES: tuple[Callable[[Path, Claims], None], ...] = (data_folder, archive, restore, bag, csv_beside)


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.parametrize("name", DISKS)
def test_a_disk_holds_what_is_claimed_or_refuses(
    name: str, use: Callable[[Path, Claims], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, told = tmp_path / "disk", list[tuple[Path, bytes]]()
    (place / "legacy").mkdir(parents=True)
    (place / "legacy" / "output.csv").write_bytes(OLD)
    before = {"fails": {}, "largest": None, "at_most": None} | DISKS[name]
    refusal: RowkeeperError | None = None
    disk = FaultyDisk(place, **before).install(monkeypatch)
    try:
        use(place, told)
    except RowkeeperError as error:
        refusal = error
    except OSError as error:  # what the command line has a sentence for
        refusal = disk_error(error)
        if refusal is None:
            raise
    disk.fails, disk.largest, disk.at_most = {}, None, None
    for path, body in told:
        assert path.read_bytes() == body
    if name in GOES_ON:
        assert refusal is None
        assert len(told) == (2 if use is csv_beside else len(BODIES))
    elif name in ("read-only", "gone"):
        assert refusal is not None
        assert told == []
    if refusal is not None and use is csv_beside:
        assert (place / "legacy" / "output.csv").read_bytes() == OLD
