"""Which store is at an address: nothing is sent to, asked of or told about another one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rowkeeper.archive.adopt import adopt_objects
from rowkeeper.archive.evict import evict_files
from rowkeeper.core.errors import StoreError
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.store_identity import identify, open_folder_known, open_known
from tests.fakes.journals import events_in
from tests.helpers.archives import Quiet, archive_of, context_at
from tests.helpers.stores import request_of
from uploaders.base import MARKER, object_key
from uploaders.local.store import LocalStore

FILES = {"files/1.mp4": b"one", "files/2.mp4": b"two"}


def ids(context: Context) -> list[str]:
    """The ids that journal and warehouse know."""
    event_ids = [
        event.details["store_id"]
        for event in events_in(context.settings.data_dir)
        if event.event_type == "store_identified"
    ]
    with connect(context.target) as warehouse:
        rows = warehouse.query(
            "select cast(details as json) ->> 'store_id' from raw.asset_events "
            "where event_type = 'store_identified'"
        )
    assert sorted(event_ids) == sorted(name for (name,) in rows)
    return event_ids


def archive(context: Context) -> Path:
    return context.settings.data_dir.parent / "share" / "archive"


def unmount(context: Context) -> Path:
    """An empty folder in the place of the share."""
    away = archive(context).parent.rename(context.settings.data_dir.parent / "away")
    archive(context).parent.mkdir()
    return away


def mount(context: Context) -> None:
    shutil.rmtree(archive(context).parent)
    (context.settings.data_dir.parent / "away").rename(archive(context).parent)


def test_a_store_is_marked_once_and_known_from_then_on(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    (tmp_path / "data").mkdir()
    store = open_known(context, mark=True)
    body = (archive(context) / MARKER).read_bytes()
    assert ids(context) == [store.store_id]
    assert open_known(context, mark=True).store_id == store.store_id
    assert ids(context) == [store.store_id]
    assert (archive(context) / MARKER).read_bytes() == body
    assert list(store.entries()) == []


@pytest.mark.parametrize("left", ["nothing", "a folder", "another store"])
def test_what_is_in_the_place_of_the_store_is_not_taken_for_it(left: str, tmp_path: Path) -> None:
    context = archive_of(tmp_path, FILES)
    open_known(context, mark=True)
    unmount(context)
    if left != "nothing":
        archive(context).mkdir()
    if left == "another store":
        LocalStore(archive(context)).mark()
    before = sorted(tmp_path.joinpath("share").rglob("*"))
    looks: list[Callable[[Context], object]] = [
        open_folder_known,
        open_known,
        lambda it: open_known(it, mark=True),
        lambda it: adopt_objects(it, Quiet(), Selection(), hashing=True, dry_run=False),
    ]
    for look in looks:
        with pytest.raises(StoreError, match="mount the folder") as caught:
            look(context)
        assert caught.value.exit_code == 5
        assert ("Another store" in str(caught.value)) == (left == "another store")
    assert sorted(tmp_path.joinpath("share").rglob("*")) == before
    assert len(ids(context)) == 1
    mount(context)
    open_folder_known(context)


def test_an_archive_from_before_is_known_by_its_objects(tmp_path: Path) -> None:
    context = archive_of(tmp_path, FILES)
    unmount(context)
    with pytest.raises(StoreError, match="is not there"):
        open_known(context, mark=True)
    assert ids(context) == []
    mount(context)
    (archive(context) / "people" / "1.bin").unlink()  # one that is lost is no reason
    store = open_known(context)
    assert store.store_id is None
    assert not (archive(context) / MARKER).exists()
    store = open_known(context, mark=True)
    assert ids(context) == [store.store_id]


def test_an_archive_whose_objects_are_kept_elsewhere_is_known(tmp_path: Path) -> None:
    context = archive_of(tmp_path, FILES)
    for path in list((archive(context) / "people").iterdir()):
        path.rename(path.with_name(f".{path.name}.icloud"))
    assert open_known(context, mark=True).store_id is not None


def test_a_store_that_somebody_marked_is_remembered(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    (tmp_path / "data").mkdir()
    marked = LocalStore(archive(context)).mark()
    assert open_known(context, mark=True).store_id == marked
    assert ids(context) == [marked]


def test_what_is_there_is_the_store_where_a_person_says_so(tmp_path: Path) -> None:
    context = archive_of(tmp_path, FILES)
    first = open_known(context, mark=True).store_id
    unmount(context)
    second = open_known(context, believe=True).store_id
    assert second != first
    assert sorted(ids(context)) == sorted([str(first), str(second)])
    open_folder_known(context)
    (archive(context) / MARKER).write_text("{half")
    with pytest.raises(StoreError, match="Another store"):
        open_folder_known(context)


def test_a_folder_of_the_data_folder_needs_no_marker(tmp_path: Path) -> None:
    context = context_at(tmp_path, store__url=(tmp_path / "data" / "archive").as_uri())
    (tmp_path / "data" / "archive").mkdir(parents=True)
    store = open_known(context, mark=True)
    assert store.store_id is None
    assert list((tmp_path / "data" / "archive").iterdir()) == []
    (tmp_path / "data" / "archive").rename(tmp_path / "away")
    (tmp_path / "data" / "archive").mkdir()
    with pytest.raises(StoreError):
        store.require()


@pytest.mark.parametrize("is_marked", [True, False])
def test_a_store_that_goes_away_in_mid_run_refuses_everything(
    is_marked: bool, tmp_path: Path
) -> None:
    context = archive_of(tmp_path, FILES)
    store = open_known(context, mark=is_marked)
    request = request_of(tmp_path, b"three")
    key = object_key(request)
    unmount(context)
    archive(context).mkdir()
    for call in (
        store.probe,
        lambda: store.put(request, key),
        lambda: store.held(request, key),
        lambda: list(store.read("people/1.bin")),
        lambda: store.describe("people/1.bin"),
        lambda: store.remove("people/1.bin"),
        lambda: store.writer(key),
    ):
        with pytest.raises(StoreError, match="is not there"):
            call()
    assert list(archive(context).iterdir()) == []
    mount(context)
    if is_marked:
        (archive(context) / MARKER).touch()  # mounted again it may be another file to the system
    store.put(request, key)
    assert (archive(context) / key).read_bytes() == b"three"


def test_what_went_beneath_is_not_told_as_archived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = archive_of(tmp_path, FILES)
    store = open_known(context, mark=True)
    assert isinstance(store, LocalStore)
    request = request_of(tmp_path, b"three")
    settle = store._settle

    def unmounting(path: Path) -> None:
        settle(path)
        unmount(context)

    monkeypatch.setattr(store, "_settle", unmounting)
    with pytest.raises(StoreError, match="is not there"):
        store.put(request, object_key(request))


def test_a_warehouse_that_is_not_there_knows_no_store(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    identify(context, LocalStore(tmp_path / "share"))
    assert not journal_dir(context.settings.data_dir).exists()
    assert not Path(str(context.target.path)).exists()


DROPS = """
create table pending_drops as select
    asset_id, person_row_id, provider, media_id, asset_kind, 1 as attempt,
    'files/1.mp4' as local_file_path, null::text as data_folder, sha256,
    3 as file_size_bytes, ? as store, 'people/1.bin' as object_key, 1 as object_attempt,
    false as is_temporary
from asset_states where person_row_id = '1';
create table unfinished_drops (
    dropped_path text, sha256 text, size_bytes bigint, text_path text, data_folder text
);
alter table asset_copies add column object_checks bigint default 0
"""


def test_no_file_goes_for_a_store_that_is_known_by_its_folder_alone(tmp_path: Path) -> None:
    """An archive from before there were markers, with nothing to send, gets its own first."""
    context = archive_of(tmp_path, FILES)
    file = context.settings.data_dir / "files" / "1.mp4"
    file.parent.mkdir(parents=True)
    file.write_bytes(FILES["files/1.mp4"])
    with connect(context.target) as warehouse:
        for statement in DROPS.split(";"):
            given = [LocalStore(archive(context)).root] if "?" in statement else []
            warehouse.execute(statement, given)
    assert evict_files(context, Quiet(), Selection(), every=True) == 1
    assert not file.exists()
    assert (archive(context) / MARKER).is_file()
    assert len(ids(context)) == 1
