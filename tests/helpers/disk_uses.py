"""What rowkeeper does on a disk, each use with what it claims to have put there."""

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path

from downloaders.pool import download_all
from rowkeeper.archive.bag_files import begin, finish, payload_name
from rowkeeper.archive.retrieve import INDEX, retrieve
from rowkeeper.core.events import EventType
from rowkeeper.core.files import kept_files, write_keeping
from rowkeeper.core.journal.journal import Journal, journal_dir, read_segment, sealed_segments
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import select
from tests.fakes.clients import request_for, settings_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile, Site
from tests.helpers.archives import Quiet, archive_of, context_at
from uploaders.local.store import LocalStore
from uploaders.values import UploadRequest

LONG = b"a film of some length " * 40
BODIES = {"files/Ann/Film.mp4": LONG, "files/ann/film.mp4": b"another's", "files/7/x.txt": b"x"}
OLD, NEW = b"row_id,name\n1,Ann\n" * 9, b"row_id,name\n1,Ann\n2,Bob\n" * 9

Claims = list[tuple[Path, bytes]]


def data_folder(place: Path, claims: Claims) -> None:
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
                claims.append((place / str(event.local_path), bodies[str(event.media_id)]))
            elif event.event_type is EventType.DOWNLOAD_FAILED:
                assert event.error_message
    assert len(claims) + failed == len(bodies)


def archive(place: Path, claims: Claims) -> None:
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
        claims.append((store.folder / stored.object_key, body))


def restore(place: Path, claims: Claims) -> None:
    """An archive comes back as files."""
    context = archive_of(place.parent, BODIES)
    done = retrieve(context, Quiet(), select(), place / "out")
    _claimed(place / "out", claims)
    assert len(claims) + len(done.failures) == len(BODIES)
    assert all(done.failures.values())


def bag(place: Path, claims: Claims) -> None:
    """The same as a BagIt bag."""
    context = archive_of(place.parent, BODIES)
    work = begin(place / "bag")
    folder = work / "data" / "archive"
    done = retrieve(context, Quiet(), select(), folder, payload_name)
    assert len(done.hashes) + len(done.failures) == len(BODIES)
    hashes = {f"archive/{path}": sha256 for path, sha256 in done.hashes.items()}
    hashes[f"archive/{INDEX}"] = hashlib.sha256((folder / INDEX).read_bytes()).hexdigest()
    finish(work, place / "bag", {}, hashes)
    _claimed(place / "bag" / "data" / "archive", claims)


def _claimed(folder: Path, claims: Claims) -> None:
    owners = list(BODIES.values())
    with (folder / INDEX).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            claims.append((folder / row["path"], owners[int(row["row_id"]) - 1]))


def csv_beside(place: Path, claims: Claims) -> None:
    """The legacy CSV, by a run, by an export and by ``migrate rollback``: the old one is kept."""
    path = place / "legacy" / "output.csv"
    write_keeping(path, NEW, 3)
    claims.append((path, NEW))
    [kept] = kept_files(path)
    claims.append((kept, OLD))


USES: tuple[Callable[[Path, Claims], None], ...] = (data_folder, archive, restore, bag, csv_beside)
