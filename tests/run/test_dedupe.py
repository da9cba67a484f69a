"""One medium wanted by several people is one transfer, one file and one object."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.site import SHEET_PAGE, Demo
from rowkeeper.cli import run_command
from rowkeeper.core.errors import RetryLaterError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.journal.journal import sealed_segments
from rowkeeper.core.settings import Settings, load_settings
from rowkeeper.core.warehouse import Target, Warehouse, connect
from rowkeeper.run import dedupe, transfer
from rowkeeper.run.dedupe import first_of_each
from rowkeeper.run.shared_objects import Followers, share_uploads
from rowkeeper.workspace.context import Context
from tests.fakes.internet import FakeInternet
from tests.fakes.s3 import FaultyS3, archive_in
from tests.fakes.site import DriveFile
from tests.helpers.sources import page
from tests.helpers.stores import request_of
from tests.helpers.warehouses import in_order
from uploaders.local.store import LocalStore
from uploaders.outcomes import uploaded_event
from uploaders.pool import UploadSummary
from uploaders.s3.store import S3Store
from uploaders.values import Held, UploadRequest

ASSETS = """
select person_row_id, media_id, asset_type, local_file_path, cloud_storage_url, upload_status,
    error_code, download_attempts
from {schema}.assets order by person_row_id, media_id, asset_type"""
DOCUMENTS = "select person_row_id, text from {schema}.documents order by person_row_id, text"


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many queries each batch of requests that may be shared asks, by itself.

    The watch over long waits, which asks from a thread of its own, does not count.
    """
    counts: list[int] = []
    share, cursor = dedupe.share_downloads, Warehouse._cursor

    def counting(self: Warehouse, *given: Any) -> Any:
        counts[-1] += threading.current_thread() is threading.main_thread()
        return cursor(self, *given)

    def sharing(*given: Any) -> set[str]:
        counts.append(0)
        with monkeypatch.context() as patched:
            patched.setattr(Warehouse, "_cursor", counting)
            return share(*given)

    with monkeypatch.context() as patched:
        patched.setattr(transfer, "share_downloads", sharing)
        yield counts


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_what_two_people_have_is_moved_once(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    file, document = demo.site.files[0].id, demo.site.documents[0].id
    folder = demo.site.folders[0]
    shared = [
        f"https://drive.google.com/file/d/{file}/view",
        f"https://docs.google.com/document/d/{document}/edit",
        f"https://drive.google.com/drive/folders/{folder.id}",
    ]
    gone = "https://drive.google.com/file/d/1GoneGoneGoneGoneGoneGoneGone/view"
    demo.site.files.append(DriveFile("1GoneGoneGoneGoneGoneGoneGone", error="removed"))
    people = {"1": [*shared, gone], "2": [*shared, gone]}
    demo.site.pages[SHEET_PAGE] = page(people)
    assert run_command(["run"]) == 0
    assert internet.fetched(f"/document/d/{document}/export") == 2  # text and HTML
    assert internet.fetched("drive.google.com/embeddedfolderview") == 1
    files = {file, "gone", *(entry.id for entry in folder.entries if entry.kind == "file")}
    documents = {document, *(entry.id for entry in folder.entries if entry.kind == "document")}
    assert internet.fetched("drive.google.com/uc") == len(files)

    rows = in_order(engine, ASSETS)
    first = [row[1:] for row in rows if row[0] == "1"]
    assert first == [row[1:] for row in rows if row[0] == "2"]
    assert len(first) == 1 + len(files) + 2 * len(documents)
    assert {row[5] for row in first} == {"removed", None}
    texts = in_order(engine, DOCUMENTS)
    assert [row[1] for row in texts if row[0] == "1"] == [row[1] for row in texts if row[0] == "2"]
    objects = {row[3] for row in first if row[4] == "uploaded"}
    kept = [path for path in (tmp_path / "data" / "archive").rglob("*") if path.is_file()]
    assert len(kept) == len(objects) == len({path.read_bytes() for path in kept})

    asked = len(internet.requests)
    demo.site.pages[SHEET_PAGE] = page({**people, "3": shared})
    with counted(monkeypatch) as queries:
        assert run_command(["run"]) == 0
    # of a batch, however many of it are shared; five ask first whether anything came since
    assert max(queries) <= 12
    assert len(internet.requests) == asked + 1  # the sheet alone
    later = in_order(engine, ASSETS)
    assert [row[1:] for row in later if row[0] == "3"] == [row for row in first if row[5] is None]

    path = next(row[2] for row in first if row[:2] == (document, "google_doc"))
    (tmp_path / "data" / path).write_bytes(b"changed")
    demo.site.pages[SHEET_PAGE] = page({**people, "3": shared, "4": shared[1:2]})
    assert run_command(["run"]) == 0
    ((own,),) = in_order(
        engine,
        "select local_file_path from {schema}.assets "
        "where person_row_id = '4' and asset_type = 'google_doc'",
    )
    assert own != path  # a file that is not whole is not shared


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_shared_object_is_known_by_its_checksum(
    engine: Target, demo: Demo, internet: FakeInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    link = f"https://drive.google.com/file/d/{demo.site.files[0].id}/view"
    archive_in(monkeypatch, "s3://shared-objects").create_bucket(Bucket="shared-objects")
    with FaultyS3() as s3:
        monkeypatch.setenv("ROWKEEPER_STORE_ENDPOINT_URL", s3.url)
        for people in (["1"], ["1", "2"], ["1", "2", "3", "4"]):
            demo.site.pages[SHEET_PAGE] = page({row_id: [link] for row_id in people})
            assert run_command(["run"]) == 0
    with connect(engine) as warehouse:
        urls = warehouse.query("select distinct cloud_storage_url from {schema}.assets")
        ((assets,),) = warehouse.query("select count(*) from {schema}.assets")
    assert (len(urls), assets) == (1, 4)
    key = str(urls[0][0]).rpartition("/")[2]
    assert [request.partition(" ")[0] for request in s3.requests if key in request].count(
        "GET"
    ) == 0
    assert sum(request.startswith("PUT ") and key in request for request in s3.requests) == 1


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_equal_files_cost_one_upload_one_client_and_one_segment(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A hundred files of ten contents, and later ten more."""
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    archive_in(monkeypatch, "s3://equal-files").create_bucket(Bucket="equal-files")
    demo.site.files[:] = [
        DriveFile(f"1Equal{number:03}" + "x" * 20, f"{number}.txt", b"words of %d" % (number % 10))
        for number in range(110)
    ]
    links = [f"https://drive.google.com/file/d/{file.id}/view" for file in demo.site.files]
    upload_pending, made = transfer.upload_pending, S3Store.from_settings
    clients: list[int] = []

    def counting(settings: Settings) -> S3Store:
        clients[-1] += 1
        return made(settings)

    def uploading(*given: Any) -> UploadSummary:
        clients.append(0)
        with monkeypatch.context() as patched:
            patched.setattr(S3Store, "from_settings", counting)
            return upload_pending(*given)

    monkeypatch.setattr(transfer, "upload_pending", uploading)
    with FaultyS3() as s3:
        monkeypatch.setenv("ROWKEEPER_STORE_ENDPOINT_URL", s3.url)
        for people, sent in (({"1": links[:100]}, 10), ({"1": links[:100], "2": links[100:]}, 0)):
            s3.reset()
            before = set(sealed_segments(tmp_path / "data" / "journal").values())
            demo.site.pages[SHEET_PAGE] = page(people)
            assert run_command(["run"]) == 0
            asked = [line.partition(" ")[0] for line in s3.requests if "/people/" in line]
            assert (asked.count("PUT"), asked.count("GET")) == (sent, 0)
            assert asked.count("HEAD") <= 10
            segments = set(sealed_segments(tmp_path / "data" / "journal").values()) - before
            assert sum(b'"uploaded"' in path.read_bytes() for path in segments) == 1
    with connect(engine) as warehouse:
        sql = "select count(*), count(distinct cloud_storage_url) from {schema}.assets"
        assert warehouse.query(f"{sql} where upload_status = 'uploaded'") == [(110, 10)]
    assert clients == [1, 1]


def test_what_waits_for_an_upload_that_fails_is_tried_by_itself(tmp_path: Path) -> None:
    told: list[list[AssetEvent]] = []
    first, second = (request_of(tmp_path, b"same", row_id) for row_id in ("1", "2"))
    store = LocalStore(tmp_path / "archive")
    followers = Followers(
        store, "s", {first.asset_id: [second]}, lambda events: told.append([*events])
    )
    followers.emit(AssetEvent(event_type=EventType.UPLOAD_FAILED, session_id="s", **first.facts()))
    assert (len(told[0]), followers.shared) == (1, set())
    stored = store.put(first, "k")
    followers.emit(uploaded_event(store, first, stored, "s"))
    assert [event.asset_id for event in told[1]] == [first.asset_id, second.asset_id]
    assert {event.cloud_url for event in told[1]} == {stored.cloud_url}
    assert followers.shared == {second.asset_id}


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_only_an_object_that_has_the_bytes_now_is_shared(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path / "archive")
    same, twin, other, failing, unsafe = (
        request_of(tmp_path, name.encode(), row_id, name)
        for row_id, name in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "c"), ("5", "a"))
    )
    store.put(same, "k")
    asked: list[str] = []

    def held(request: UploadRequest, key: str) -> Held:
        asked.append(key)
        if request is failing:
            raise RetryLaterError("timeout", "It does not answer.")
        return LocalStore.held(store, request, key)

    def lookup(_: object, key: str, value: str, sql: str, given: list[Any]) -> dict[str, str]:
        return dict.fromkeys(given[1], "k")

    monkeypatch.setattr(Warehouse, "lookup", lookup)
    monkeypatch.setattr(store, "held", held)
    requests = [same, twin, other, failing, replace(unsafe, unsafe="it leads elsewhere")]
    told: list[AssetEvent] = []
    context = Context(load_settings(), engine)
    shared, others = share_uploads(context, store, "s", requests, told.append)
    assert shared == {same.asset_id, twin.asset_id} == {event.asset_id for event in told}
    assert others == {other.asset_id, failing.asset_id}
    assert len(asked) == 3  # once for both twins


def test_what_shares_no_object_is_sent_in_one_go() -> None:
    about: dict[str, Any] = {"provider": "drive", "media_id": "m", "asset_kind": "file"}
    one, two, three = (
        UploadRequest(
            asset_id=name, row_id="1", path=Path(name), sha256="same", size_bytes=1, **about
        )
        for name in ("a", "b", "c")
    )
    assert first_of_each([one, two, three], transfer.content_of(set())) == [one]
    assert first_of_each([one, two, three], transfer.content_of({"a", "b", "c"})) == [
        one,
        two,
        three,
    ]
