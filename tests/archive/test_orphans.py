"""What is listed as belonging to nobody: files are known as such, and not by their spelling."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rowkeeper.archive import orphans
from rowkeeper.archive.evict import Kept, _Evictions
from rowkeeper.archive.fixity import CopyPlace, FixityCheck
from rowkeeper.core.errors import RetryLaterError
from rowkeeper.core.events import AssetEvent
from tests.fakes.disk import FaultyDisk
from tests.helpers.archives import Quiet, context_at
from uploaders.local.store import LocalStore

FILES = ["files/people/Ann/Caf\u00e9.mp4", "files/people/Ann/only.mp4"]
KEYS = ["people/\u00e9/Film.mp4", "people/b.mp4"]


class Known:
    """A warehouse that knows ``FILES`` and ``KEYS``, and no more."""

    def column(self, *_: object) -> list[str]:
        return FILES

    def records(self, *_: object) -> list[orphans.RecordedObject]:
        return [orphans.RecordedObject(key, 1, 0) for key in KEYS]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def connect(*_: object) -> Iterator[Known]:
        yield Known()

    monkeypatch.setattr(orphans, "connect", connect)


def fill(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


@pytest.mark.parametrize("faults", [{}, {"folds": True}, {"decomposes": True}])
@pytest.mark.usefixtures("known")
def test_a_file_in_another_spelling_is_nobodys_orphan(
    faults: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_at(tmp_path)
    disk = FaultyDisk(tmp_path, **faults).install(monkeypatch)  # type: ignore[arg-type]
    data, archive = tmp_path / "data", tmp_path / "share" / "archive"
    respelt = str.upper if disk.folds else str
    fill(data, [respelt(name) if "Ann" in name else name for name in FILES])
    fill(archive, [respelt(name) for name in KEYS])
    fill(data, ["files/stray.mp4"])
    fill(archive, ["stray.mp4"])
    orphan_files = orphans.find_orphans(context, LocalStore(archive))
    assert [(item.place, Path(item.path).name) for item in orphan_files] == [
        ("file", "stray.mp4"),
        ("object", "stray.mp4"),
    ]


@pytest.mark.usefixtures("known")
def test_only_what_was_set_aside_here_is_told_as_such(tmp_path: Path) -> None:
    ours, theirs = "damaged/0123456789abcdef", "damaged/photos of 1960"
    fill(tmp_path / "data" / "files", [f"{ours}/only.mp4", f"{theirs}/only.mp4", f"{ours}/Opa.jpg"])
    store = LocalStore(tmp_path / "share" / "archive")
    fill(store.folder, [f"{ours}/{KEYS[1]}", "damaged/Opa.jpg", f"{ours}/Opa.jpg", "damaged/b.mp4"])
    fill(tmp_path / "data", FILES)
    fill(store.folder, KEYS)
    orphan_files = orphans.find_orphans(context_at(tmp_path), store)
    assert len(orphan_files) == 7
    aside = [item for item in orphan_files if item.next_step != orphans.KEEP]
    assert [item.place for item in aside] == ["file", "object"]
    assert [item.path.partition("damaged/")[2] for item in aside] == [
        "0123456789abcdef/only.mp4",
        f"0123456789abcdef/{KEYS[1]}",
    ]


@pytest.mark.usefixtures("known")
def test_a_data_folder_and_a_store_reached_by_links_have_no_orphans(tmp_path: Path) -> None:
    fill(tmp_path / "real", FILES)
    fill(tmp_path / "stored", KEYS)
    (tmp_path / "data").symlink_to(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "stored")
    assert orphans.find_orphans(context_at(tmp_path), LocalStore(tmp_path / "link")) == []


@pytest.mark.usefixtures("known")
def test_what_icloud_keeps_elsewhere_is_neither_an_orphan_nor_lost(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    fill(tmp_path / "data", [FILES[0], "files/people/Ann/.only.mp4.icloud"])
    store = LocalStore(tmp_path / "share" / "archive")
    fill(store.folder, [KEYS[0], "people/.b.mp4.icloud"])
    assert orphans.find_orphans(context, store) == []
    check = FixityCheck(context, store, "s", lambda _: None, Quiet())
    for place in (CopyPlace("file", FILES[1], ()), CopyPlace("object", KEYS[1], ())):
        with pytest.raises(RetryLaterError, match="sync service keeps the file elsewhere"):
            check._read(place)


@pytest.mark.usefixtures("known")
def test_no_file_goes_and_no_object_is_lost_that_is_kept_elsewhere(tmp_path: Path) -> None:
    context, body = context_at(tmp_path), FILES[1].encode()
    fill(tmp_path / "data", [FILES[1]])
    store = LocalStore(tmp_path / "share" / "archive")
    fill(store.folder, ["people/.b.mp4.icloud"])
    events: list[AssetEvent] = []
    kept = Kept(
        *("a", "1", "drive", "m", "file", 1, FILES[1], None),
        *(hashlib.sha256(body).hexdigest(), len(body), store.root, KEYS[1], 1, 1, None),
    )
    evictions = _Evictions(context, store, "s", events.append, Quiet())
    evictions.one([kept])
    assert (events, evictions.dropped) == ([], 0)
    assert (tmp_path / "data" / FILES[1]).exists()
