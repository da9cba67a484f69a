"""Names that a disk takes for one: nobody's file is laid over another's, and no claim is false."""

import csv
import hashlib
import threading
from pathlib import Path

import pytest

from rowkeeper.archive.bag_files import begin, clean, finish, payload_name
from rowkeeper.archive.retrieve import INDEX, RENAMED, retrieve
from rowkeeper.core.disk.probe import naming_of
from rowkeeper.core.errors import NeedsPersonError
from rowkeeper.core.fixity import Content
from rowkeeper.workspace.selection import select
from tests.fakes.disk import FaultyDisk
from tests.helpers.archives import Quiet, archive_of
from tests.helpers.events import about
from uploaders.restore import write_back

FILES = {
    "files/people/Ann/Film.mp4": b"the film of Ann",
    "files/people/ann/film.mp4": b"the film of ann, who is another",
    "files/people/\u00e9/talk.mp4": b"the talk of one whose name is composed",
    "files/people/e\u0301/talk.mp4": b"the talk of one whose name is not",
    "files/people/7/only.mp4": b"what nobody else has a name like",
    "files/people/ANN/notes.txt": b"in a folder that a disk takes for Ann's",
    "files/people/8/same.txt": b"two have this",
    "files/people/8/SAME.txt": b"two have this",
}
BOTH = {"folds": True, "decomposes": True}


def claims(folder: Path) -> dict[str, tuple[str, str]]:
    """Row id -> path and SHA-256 of what the index says is there."""
    with (folder / INDEX).open(encoding="utf-8", newline="") as file:
        return {row["row_id"]: (row["path"], row["sha256"]) for row in csv.DictReader(file)}


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("faults", [{}, {"folds": True}, {"decomposes": True}, BOTH])
def test_each_person_gets_their_own_file(
    faults: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, out = archive_of(tmp_path, FILES), tmp_path / "out"
    FaultyDisk(out, **faults).install(monkeypatch)  # type: ignore[arg-type]
    for again in (False, True):
        done = retrieve(context, Quiet(), select(), out)
        assert done.failures == {}
        assert done.restored + done.present == len(done.hashes)
        assert done.restored == (0 if again else len(done.hashes))
        claimed_by = claims(out)
        assert claimed_by.keys() == {str(number) for number in range(1, len(FILES) + 1)}
        for row_id, body in enumerate(FILES.values(), 1):
            path, claimed = claimed_by[str(row_id)]
            assert sha256((out / path).read_bytes()) == claimed == sha256(body)
    if not faults and naming_of(tmp_path).is_exact:
        assert {path for path, _ in claimed_by.values()} == FILES.keys()


def test_a_name_that_the_disk_can_not_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, out = (
        archive_of(tmp_path, {"files/a: b?.mp4": b"1", "files/b.mp4": b"2"}),
        tmp_path / "out",
    )
    FaultyDisk(out, refuses=':?*"<>|').install(monkeypatch)
    done = retrieve(context, Quiet(), select(), out)
    assert done.failures == {}
    name = f"{about(1)['asset_id']}.mp4"
    assert claims(out)["1"][0] == f"{RENAMED}/{name}"
    assert (out / RENAMED / name).read_bytes() == b"1"
    assert (out / "files/b.mp4").read_bytes() == b"2"


def test_of_two_that_write_one_name_at_once_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FaultyDisk(tmp_path, folds=True).install(monkeypatch)
    both, codes = threading.Barrier(2), []

    def write(name: str, body: bytes) -> None:
        def chunks() -> list[bytes]:
            return [body]

        both.wait()
        try:
            write_back(chunks, tmp_path / name, Content(sha256(body), len(body)))
        except NeedsPersonError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=write, args=(name, name.encode())) for name in ("a", "A")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["place_taken"]
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == path.name.encode()


def test_bytes_that_come_back_differently_are_not_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"right"
    monkeypatch.setattr("uploaders.restore.sha256_file", lambda _: (sha256(b"wrong"), 5))
    with pytest.raises(NeedsPersonError, match="gives other bytes"):
        write_back(lambda: [body], tmp_path / "x", Content(sha256(body), len(body)))


@pytest.mark.parametrize("faults", [{"folds": True}, {"decomposes": True}, BOTH])
def test_a_bag_is_whole_on_such_a_disk(
    faults: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = archive_of(tmp_path, FILES)
    disk = tmp_path / "stick"
    disk.mkdir()
    FaultyDisk(disk, **faults).install(monkeypatch)  # type: ignore[arg-type]
    place = disk / "b\u00e4g"
    for _ in range(2):  # a killed export goes on
        work = begin(place)
        folder = work / "data" / "archive"
        done = retrieve(context, Quiet(), select(), folder, payload_name)
        assert done.failures == {}
        hashes = {f"archive/{path}": digest for path, digest in done.hashes.items()}
        hashes[f"archive/{INDEX}"] = sha256((folder / INDEX).read_bytes())
        (work / "data" / "archive" / ".DS_Store").write_bytes(b"a system's")
        clean(work / "data", set(hashes))
    assert done.restored == 0
    finish(work, place, {}, hashes)
    kept = [path for path in (place / "data").rglob("*") if path.is_file()]
    assert {sha256(path.read_bytes()) for path in kept} == set(hashes.values())
