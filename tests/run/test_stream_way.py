"""The way past the disk: what comes from a source is one whole object, or nothing."""

import hashlib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from downloaders.base import Request
from downloaders.files import partial_folder
from downloaders.pool import DownloadSummary, download_all
from rowkeeper.core.errors import Verdict
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.run.stream import StoreStreamer
from rowkeeper.run.stream_notes import NOTE
from tests.fakes.clients import request_for
from tests.fakes.s3 import open_uploads, s3_store, shared_ministack
from tests.helpers.transfers import Answers, local_settings, serving
from uploaders.base import Store
from uploaders.local.store import LocalStore

PART = 5 << 20
TEMPLATE = "people/{row_id}/{asset_id}.{ext}"


@pytest.fixture
def server() -> Iterator[Answers]:
    with serving(Answers(headers={"Content-Type": "video/mp4"})) as answers:
        yield answers


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "archive")


class KilledError(BaseException):
    """The run ends here."""


class Run:
    """One run's downloads from ``server``; ``killed_at`` is the event that it does not survive."""

    def __init__(self, server: Answers, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.events: list[AssetEvent] = []

    def request(self, row_id: str = "7") -> Request:
        return request_for("direct", "file", f"http://{self.server.host}/a.mp4", row_id)

    def __call__(
        self,
        way: StoreStreamer,
        request: Request | None = None,
        killed_at: EventType | None = None,
    ) -> DownloadSummary:
        def emit(event: AssetEvent) -> None:
            if event.event_type is killed_at:
                raise KilledError
            self.events.append(event)

        settings = local_settings(self.folder, hosts=(self.server.host,), backoff_s=0.01)
        return download_all([request or self.request()], settings, emit, "s1", streamer=way)

    def notes(self) -> list[Path]:
        return list(partial_folder(self.folder).glob(f"*{NOTE}"))


@pytest.fixture
def run(server: Answers, tmp_path: Path) -> Run:
    return Run(server, tmp_path / "data")


def way_to(store: Store, known: dict[str, str] | None = None) -> StoreStreamer:
    store.check()
    return StoreStreamer(store, TEMPLATE, "s1", known=known)


def objects(store: Store) -> dict[str, bytes]:
    return {entry.key: b"".join(store.read(entry.key)) for entry in store.entries()}


def test_a_broken_transfer_starts_over(server: Answers, store: LocalStore, run: Run) -> None:
    server.cuts = [100, 150_000]
    run(way_to(store))
    key = f"people/7/{run.request().asset_id}.mp4"
    assert objects(store) == {key: server.body}
    assert ["range" in asked for asked in server.asked] == [False] * 3
    uploaded, downloaded = run.events
    assert (uploaded.event_type, downloaded.event_type) == (
        EventType.UPLOADED,
        EventType.DOWNLOADED,
    )
    assert (uploaded.object_key, downloaded.local_path) == (key, None)
    assert uploaded.sha256 == downloaded.sha256 == hashlib.sha256(server.body).hexdigest()
    assert [path for path in (run.folder / "files").rglob("*") if path.is_file()] == []


def test_what_is_refused_leaves_nothing(server: Answers, store: LocalStore, run: Run) -> None:
    server.body = b"<!DOCTYPE html><html>Sign in</html>"
    assert run(way_to(store)).failed == 1
    server.body, server.cuts = b"x" * 200_000, [150_000] * 3
    assert run(way_to(store)).failed == 1
    assert run.events[0].error_code == "not_media"
    assert run.events[1].verdict == Verdict.RETRY
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("killed_at", [EventType.UPLOADED, EventType.DOWNLOADED])
def test_what_is_whole_is_found_and_not_sent_again(
    server: Answers, store: LocalStore, run: Run, killed_at: EventType
) -> None:
    with pytest.raises(KilledError):
        run(way_to(store), killed_at=killed_at)
    assert (len(run.notes()), len(objects(store))) == (1, 1)
    run.events.clear()
    assert run(way_to(store)).downloaded == 1
    assert len(server.asked) == 1
    assert [event.event_type for event in run.events] == [
        EventType.UPLOADED,
        EventType.DOWNLOADED,
    ]
    assert run.notes() == []


def test_a_note_of_what_was_not_made_is_no_object(
    server: Answers, store: LocalStore, run: Run
) -> None:
    with pytest.raises(KilledError):
        run(way_to(store), killed_at=EventType.UPLOADED)
    store.remove(next(iter(objects(store))))
    assert run(way_to(store)).downloaded == 1
    assert len(server.asked) == 2
    assert list(objects(store).values()) == [server.body]


def test_one_content_is_one_object(server: Answers, store: LocalStore, run: Run) -> None:
    way = way_to(store)
    run(way)
    run(way, run.request("8"))
    keys = {event.object_key for event in run.events if event.event_type is EventType.UPLOADED}
    assert list(objects(store)) == list(keys)


def test_a_key_with_other_bytes_is_left_to_them(
    server: Answers, store: LocalStore, run: Run
) -> None:
    store.check()
    with store.writer("films/a.mp4") as writer:
        writer.write(b"first")
        writer.commit(hashlib.sha256(b"first").hexdigest())
    run(StoreStreamer(store, "films/{file}", "s1"))
    own = f"films/a-{run.request().asset_id}.mp4"
    assert objects(store) == {"films/a.mp4": b"first", own: server.body}


def test_memory_is_bounded_and_no_upload_stays_open(server: Answers, run: Run) -> None:
    store = s3_store(shared_ministack().url, multipart_threshold=1, part_size=PART)
    key = f"people/7/{run.request().asset_id}.mp4"
    store.client.create_multipart_upload(Bucket=store.bucket, Key=key)  # a killed run's
    way = way_to(store)
    server.body = bytes(160 << 20)
    tracemalloc.start()
    try:
        run(way)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * PART
    [entry] = store.entries()
    assert (entry.key, entry.size_bytes) == (key, len(server.body))
    assert not open_uploads(store.client, store.bucket)
