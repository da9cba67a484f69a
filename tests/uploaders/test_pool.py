"""Many uploads at once: outcomes, tries, a store that is down, recovery."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rowkeeper.core.errors import StoreError, Verdict
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.progress import Progress
from rowkeeper.core.setting_sections import StoreSettings, Upload
from rowkeeper.core.settings import Settings
from tests.fakes.s3 import (
    SECRET,
    Fault,
    FaultyS3,
    client_for,
    free_port,
    s3_settings,
    s3_store,
)
from tests.helpers.events import SESSION
from tests.helpers.stores import request_of
from uploaders.base import object_key
from uploaders.pool import UploadSummary, upload_all
from uploaders.values import UploadRequest


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        upload=Upload(workers=4, attempts=3, backoff_s=0.01),
        store=StoreSettings(url=(tmp_path / "archive").as_uri()),
    )


def s3(proxy: FaultyS3, tmp_path: Path) -> Settings:
    store = s3_store(proxy.url)
    return s3_settings(tmp_path, f"{store.root}/kept", proxy.url)


def some(folder: Path, count: int) -> list[UploadRequest]:
    return [request_of(folder, f"body {n}".encode(), str(n), f"{n:03}.mp4") for n in range(count)]


def run(settings: Settings, *requests: UploadRequest) -> tuple[UploadSummary, list[AssetEvent]]:
    events: list[AssetEvent] = []
    return upload_all(requests, settings, events.append, SESSION), events


def archive(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_events_of_a_folder(settings: Settings, tmp_path: Path) -> None:
    request = replace(request_of(tmp_path, b"body"), filename="../ü.mp4", attempt=3)
    summary, [event] = run(settings.model_copy(update={"data_dir": tmp_path}), request)
    root, name = (tmp_path / "archive").as_uri(), f"folder://{folder_id(tmp_path)}/archive"
    assert summary == UploadSummary(uploaded=1, size_bytes=4)
    assert event == AssetEvent(
        event_type=EventType.UPLOADED,
        session_id=SESSION,
        asset_id=request.asset_id,
        row_id="7",
        provider="drive",
        media_id="v.mp4",
        asset_kind="file",
        attempt=3,
        filename="../ü.mp4",
        mime_type="video/mp4",
        size_bytes=4,
        sha256=request.sha256,
        store=name,  # which moves with the data folder
        object_key=f"people/7/{request.asset_id}.mp4",
        cloud_url=f"{root}/people/7/{request.asset_id}.mp4",
        details={"store_kind": "local", "store_url": root, "existed": False},
        event_id=event.event_id,
        occurred_at=event.occurred_at,
    )


def test_events_of_s3(proxy: FaultyS3, tmp_path: Path) -> None:
    settings = s3(proxy, tmp_path)
    request = request_of(tmp_path, b"body")
    _, [event] = run(settings, request)
    bucket = settings.store.url.split("/")[2]
    assert (event.store, event.bucket) == (f"s3://{bucket}/kept", bucket)
    assert event.object_key == f"kept/people/7/{request.asset_id}.mp4"
    assert event.cloud_url == f"s3://{bucket}/{event.object_key}"
    assert event.details == {"store_kind": "s3", "endpoint": proxy.url, "existed": False}
    body = client_for(proxy.url).get_object(Bucket=bucket, Key=event.object_key)["Body"].read()
    assert body == b"body"
    assert SECRET not in event.to_json()
    assert "AKIATEST" not in event.to_json()


def test_a_second_run_sends_nothing(proxy: FaultyS3, tmp_path: Path) -> None:
    settings = s3(proxy, tmp_path)
    requests = some(tmp_path, 10)
    assert run(settings, *requests)[0] == UploadSummary(uploaded=10, size_bytes=60)
    assert len(puts(proxy)) == 10
    again, events = run(settings, *requests)
    assert again == UploadSummary(uploaded=10, existed=10, size_bytes=60)
    assert all(event.details["existed"] for event in events)
    assert len(puts(proxy)) == 10


def puts(proxy: FaultyS3) -> list[str]:
    """Of objects, not of what a probe tries."""
    return [line for line in proxy.requests if line.startswith("PUT") and "-probe" not in line]


def test_failures_do_not_touch_the_others(settings: Settings, tmp_path: Path) -> None:
    requests = some(tmp_path, 40)
    requests[3].path.unlink()
    requests[5].path.write_bytes(b"other!")
    requests[7].path.write_bytes(b"longer than before")
    requests[9].path.unlink()
    requests[9].path.mkdir()
    there = tmp_path / "archive" / object_key(requests[11])
    there.parent.mkdir(parents=True)
    there.write_bytes(b"somebody's")
    summary, events = run(settings, *requests)
    assert (summary.uploaded, summary.failed) == (35, 5)
    failed = {
        event.row_id: (event.error_code, event.verdict)
        for event in events
        if event.event_type is EventType.UPLOAD_FAILED
    }
    assert failed == {
        "3": ("local_file_missing", Verdict.NEEDS_PERSON),
        "5": ("local_file_changed", Verdict.NEEDS_PERSON),
        "7": ("local_file_changed", Verdict.NEEDS_PERSON),
        "9": ("local_file_unreadable", Verdict.NEEDS_PERSON),
        "11": ("object_differs", Verdict.NEEDS_PERSON),
    }
    assert len({event.asset_id for event in events}) == len(events) == 40
    assert there.read_bytes() == b"somebody's"
    assert not [key for key in archive(tmp_path / "archive") if key.endswith(".part")]


@pytest.mark.parametrize("kind", ["503 SlowDown", "drop", "corrupt"])
def test_passing_faults_are_tried_again(proxy: FaultyS3, tmp_path: Path, kind: str) -> None:
    settings = s3(proxy, tmp_path)
    proxy.faults += [Fault("PUT /.*/people/1/", kind), Fault("PUT /.*/people/2/", kind, times=2)]
    summary, events = run(settings, *some(tmp_path, 4))
    assert (summary.uploaded, summary.failed, len(events)) == (4, 0, 4)
    assert len([line for line in proxy.requests if re.match("PUT .*/people/", line)]) == 7


def test_tries_end(proxy: FaultyS3, tmp_path: Path) -> None:
    settings = s3(proxy, tmp_path)
    proxy.faults.append(Fault("/people/2/", "503 SlowDown", times=99))
    summary, events = run(settings, *some(tmp_path, 4))
    assert (summary.uploaded, summary.failed) == (3, 1)
    [failed] = [event for event in events if event.event_type is EventType.UPLOAD_FAILED]
    assert (failed.error_code, failed.verdict, failed.row_id) == ("s3_503", Verdict.RETRY, "2")
    assert len([line for line in proxy.requests if "/people/2/" in line]) == 3


def test_a_store_that_is_down_fails_no_file(tmp_path: Path) -> None:
    settings = s3_settings(tmp_path, "s3://bucket", f"http://127.0.0.1:{free_port()}")
    events: list[AssetEvent] = []
    with pytest.raises(StoreError, match="no useful answer"):
        upload_all(some(tmp_path, 4), settings, events.append, SESSION)
    assert events == []


def test_a_store_that_begins_to_refuse_ends_the_run(proxy: FaultyS3, tmp_path: Path) -> None:
    settings = s3(proxy, tmp_path)
    proxy.faults.append(Fault("PUT /.*/people/9/", "403 ExpiredToken", times=9))
    events: list[AssetEvent] = []
    requests = some(tmp_path, 400)  # far more than a busy machine sends before it hears the answer
    with pytest.raises(StoreError, match="ExpiredToken"):
        upload_all(requests, settings, events.append, SESSION)
    assert {event.event_type for event in events} == {EventType.UPLOADED}
    assert 5 <= len(events) < 300
    proxy.faults.clear()
    assert run(settings, *requests[:60])[0].existed >= min(len(events), 50)


def test_a_store_that_goes_away_ends_the_run(tmp_path: Path) -> None:
    requests = some(tmp_path, 40)
    events: list[AssetEvent] = []
    with FaultyS3() as proxy:
        settings = s3(proxy, tmp_path)

        def emit(event: AssetEvent) -> None:
            events.append(event)
            if len(events) == 5:
                proxy.faults.append(Fault("", "drop", times=999))  # for connections that are open
                proxy.close()

        with pytest.raises(StoreError, match="no useful answer"):
            upload_all(requests, settings, emit, SESSION)
    assert len([event for event in events if event.event_type is EventType.UPLOADED]) < 12


def test_nothing_pending_asks_nobody(tmp_path: Path) -> None:
    settings = s3_settings(tmp_path, "s3://bucket", f"http://127.0.0.1:{free_port()}")
    assert run(settings) == (UploadSummary(), [])


def test_requests_are_read_as_room_comes_free(settings: Settings, tmp_path: Path) -> None:
    finished, read, most = 0, 0, 0
    lock = threading.Lock()

    def requests() -> Iterator[UploadRequest]:
        nonlocal read, most
        for request in some(tmp_path, 40):
            with lock:
                read += 1
                most = max(most, read - finished)
            yield request

    def emit(event: AssetEvent) -> None:
        nonlocal finished
        with lock:
            finished += 1

    two = settings.model_copy(update={"upload": Upload(workers=2)})
    upload_all(requests(), two, emit, SESSION)
    assert finished == 40
    assert most <= 2 * 2 + 1


def test_progress(settings: Settings, tmp_path: Path) -> None:
    good, bad = some(tmp_path, 2)
    bad.path.unlink()
    seen: list[Progress[UploadRequest]] = []
    emitted: list[int] = []
    one = settings.model_copy(update={"upload": Upload(workers=1)})
    upload_all([good, bad], one, lambda event: emitted.append(len(seen)), "s1", seen.append)
    assert [(item.request, item.state, item.done_bytes, item.total_bytes) for item in seen] == [
        (good, "running", 0, 6),
        (good, "uploaded", 6, 6),
        (bad, "running", 0, 6),
        (bad, "failed", 0, None),
    ]
    assert "download it again" in seen[-1].message
    assert emitted == [1, 3]  # before the progress that tells of it


def test_an_interrupt_stops_the_threads(settings: Settings, tmp_path: Path) -> None:
    events: list[AssetEvent] = []

    def interrupt(progress: Progress[UploadRequest]) -> None:
        if progress.state == "uploaded":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload_all(some(tmp_path, 60), settings, events.append, "s1", interrupt)
    assert len(archive(tmp_path / "archive")) == len(events) < 60


def test_a_journal_that_fails_stops_the_run(settings: Settings, tmp_path: Path) -> None:
    def full(event: AssetEvent) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        upload_all(some(tmp_path, 40), settings, full, SESSION)


def test_what_nobody_foresaw_is_an_event(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"a secret: {SECRET}")

    monkeypatch.setattr("uploaders.local.store.shutil.copyfileobj", broken)
    summary, [event] = run(settings, request_of(tmp_path, b"body"))
    assert summary.failed == 1
    assert (event.error_code, event.error_message) == ("unexpected", "unexpected ValueError")
    assert archive(tmp_path / "archive") == {}
