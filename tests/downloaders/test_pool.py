"""Many downloads at once: outcomes, tries, pauses, recovery."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from downloaders.base import FetchSettings, Request
from downloaders.files import partial_folder
from downloaders.outcomes import one_line, storable
from downloaders.places import MOVES
from downloaders.pool import DownloadSummary, download_all
from rowkeeper.core.errors import Verdict
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.net.pace import FilePace
from rowkeeper.core.net.throttle import Throttle
from rowkeeper.core.progress import Progress
from tests.fakes.clients import changed, request_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveEntry, DriveFile, DriveFolder, Fault, Site

SITE = Site(
    files=[
        *(DriveFile(f"drive_file{n:02}", f"No {n}.txt", f"body {n}".encode()) for n in range(40)),
        DriveFile("quota1", error="quota"),
        DriveFile("hidden", error="sign_in"),
        DriveFile("removed", error="removed"),
    ],
    folders=[DriveFolder("folder1", "F", (DriveEntry("drive_file00", "zero"),))],
)


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    with FakeInternet(replace(SITE, faults=[])) as internet:
        yield internet


def drive(media_id: str, row_id: str = "7", kind: str = "file") -> Request:
    return request_for("drive", kind, media_id, row_id)


def run(settings: FetchSettings, *requests: Request) -> tuple[DownloadSummary, list[AssetEvent]]:
    events: list[AssetEvent] = []
    return download_all(requests, settings, events.append, "s1"), events


def test_failures_do_not_touch_the_others(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.faults += [Fault("id=drive_file03", 503), Fault("id=drive_file05", "truncate")]
    wanted = [drive(f"drive_file{n:02}", row_id=str(n)) for n in range(40)]
    summary, events = run(settings, drive("nobody"), drive("hidden"), *wanted)
    assert (summary.downloaded, summary.failed, summary.paused) == (40, 2, 0)
    by_asset = {event.asset_id: event for event in events}
    assert len(by_asset) == len(events) == 42
    for number, request in enumerate(wanted):
        event = by_asset[request.asset_id]
        assert event.event_type is EventType.DOWNLOADED
        assert event.row_id == str(number)
        assert event.local_path == f"files/people/{number}/{request.asset_id}.txt"
        body = (settings.data_dir / event.local_path).read_text()
        assert body == f"body {number}"
    assert net.fetched("drive.google.com/uc") == 44
    assert list(settings.data_dir.rglob("*part")) == []


def test_tries_end(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.faults.append(Fault("id=drive_file01", 503, times=99))
    summary, [event] = run(settings, drive("drive_file01"))
    assert summary.failed == 1
    assert (event.error_code, event.verdict, event.attempt) == ("http_503", Verdict.RETRY, 1)
    assert len(net.requests) == settings.download.attempts


def test_permanent_failures_are_not_tried_again(net: FakeInternet, settings: FetchSettings) -> None:
    _, [event] = run(settings, drive("removed"))
    assert (event.event_type, event.verdict) == (EventType.DOWNLOAD_FAILED, Verdict.PERMANENT)
    assert [path for _, _, path in net.requests] == ["/uc", "/open", "/file/d/removed/view"]


def test_a_pause_leaves_the_rest_of_the_site(net: FakeInternet, settings: FetchSettings) -> None:
    one_by_one = changed(settings, workers=1)
    document = request_for("docs", "document", "nobody")
    requests = [drive("quota1"), *(drive(f"drive_file{n:02}") for n in range(10)), document]
    summary, events = run(one_by_one, *requests)
    assert [(event.provider, event.error_code) for event in events] == [
        ("drive", "quota"),
        ("docs", "not_found"),
    ]
    assert (summary.paused, list(summary.paused_providers)) == (10, ["drive"])


def test_folder_children_come_before_their_parent(settings: FetchSettings) -> None:
    folder = drive("folder1", kind="folder")
    summary, [child, parent] = run(settings, folder)
    assert (child.event_type, parent.event_type) == (EventType.DISCOVERED, EventType.DOWNLOADED)
    assert (child.asset_id, child.parent_asset_id) == (
        drive("drive_file00").asset_id,
        folder.asset_id,
    )
    assert child.details == {"position": 1, "title": "zero", "listing": 1}
    assert child.original_url == "https://drive.google.com/file/d/drive_file00/view"
    assert summary.discovered == 1


KILLED = """
import os, sys
from pathlib import Path
from downloaders.pool import download_all
from tests.fakes.clients import request_for, settings_in
proxy, ca_file, data_dir, kind, media_id = sys.argv[1:]
settings = settings_in(Path(data_dir), proxy=proxy, ca_file=Path(ca_file))
request = request_for("drive", kind, media_id)
download_all([request], settings, lambda event: os.kill(os.getpid(), 9), "s0")
"""


@pytest.mark.parametrize(("kind", "media_id"), [("file", "drive_file07"), ("folder", "folder1")])
def test_a_file_finished_before_a_kill_is_recorded_not_fetched(
    net: FakeInternet, settings: FetchSettings, tmp_path: Path, kind: str, media_id: str
) -> None:
    request = drive(media_id, kind=kind)
    arguments = [net.proxy, str(net.ca_file), str(tmp_path), kind, media_id]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -9
    before = len(net.requests)
    [sidecar] = (tmp_path / "files" / "people").rglob("*_metadata.json")
    sidecar.unlink()
    _, events = run(settings, request)
    assert len(net.requests) == before == 1
    assert sidecar.exists()
    other = changed(settings, data_dir=tmp_path / "other")
    other.data_dir.mkdir()
    (other.data_dir / "folder.id").write_text(folder_id(tmp_path))
    _, expected = run(other, request)
    assert [comparable(event) for event in events] == [comparable(event) for event in expected]
    assert list(tmp_path.rglob("*part")) == []


def comparable(event: AssetEvent) -> AssetEvent:
    return replace(event, event_id="", occurred_at="")


def test_leftovers_of_a_kill_are_no_file(settings: FetchSettings) -> None:
    request = drive("drive_file01")
    work = settings.data_dir / "files" / ".partial"
    work.mkdir(parents=True)
    (work / f"{request.asset_id}.body.part").write_bytes(b"half")
    (work / MOVES).write_text(f'["{request.asset_id}", {{"path": "people/7/no.txt"}}]\n["')
    _, [event] = run(settings, request)
    assert event.event_type is EventType.DOWNLOADED
    names = {path.name for path in (settings.data_dir / "files" / "people" / "7").iterdir()}
    assert names == {f"{request.asset_id}.txt", f"{request.asset_id}.txt_metadata.json"}
    assert list(work.iterdir()) == []


def test_a_changed_file_does_not_pass_for_the_one_described(settings: FetchSettings) -> None:
    request = drive("drive_file01")
    place = settings.data_dir / "files" / "people" / "7" / f"{request.asset_id}.txt"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"other")
    work = settings.data_dir / "files" / ".partial"
    work.mkdir(parents=True)
    move = {"path": f"people/7/{place.name}", "sha256": "00", "size_bytes": 5}
    (work / MOVES).write_text(json.dumps([request.asset_id, move]) + "\n")
    _, [event] = run(settings, request)
    assert (event.size_bytes, event.filename) == (6, "No 1.txt")
    assert place.read_bytes() == b"body 1"


def test_row_ids_make_harmless_folders(settings: FetchSettings) -> None:
    _, [event] = run(settings, drive("drive_file01", row_id="../Ünder /etc"))
    assert event.local_path is not None
    assert event.local_path.startswith("files/people/%2E%2E%2F%C3%9Cnder%20%2Fetc/")
    assert (settings.data_dir / event.local_path).is_file()


def test_an_interrupt_stops_the_threads(net: FakeInternet, settings: FetchSettings) -> None:
    def interrupt(progress: Progress[Request]) -> None:
        if progress.state == "downloaded":
            raise KeyboardInterrupt

    requests = (drive(f"drive_file{n:02}") for n in range(40))
    with pytest.raises(KeyboardInterrupt):
        download_all(requests, settings, lambda event: None, "s1", interrupt)
    assert len(net.requests) < 40


def test_a_journal_that_fails_stops_the_run(settings: FetchSettings) -> None:
    def full(event: AssetEvent) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        download_all([drive("drive_file01")], settings, full, "s1")


def test_messages_hold_no_secrets() -> None:
    text = "\x1b[31mfailed\x1b[0m:\nhttps://u:p@h.example/a?sig=secret#x and\thttps://i.example/b"
    assert one_line(text) == "failed: https://h.example/a and https://i.example/b"
    assert len(one_line("x" * 900)) == 500


def test_half_characters_do_not_reach_the_journal() -> None:
    assert storable({"title": "a\x00b\ud800", "tags": ("c",)}) == {"title": "ab?", "tags": ["c"]}


def test_each_later_try_waits_twice_as_long(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.faults.append(Fault("id=drive_file01", 503, times=99))
    for tries, longest in ((0, 60), (1, 120), (3, 480), (40, 86_400)):
        wanted = replace(drive("drive_file01"), tries=tries)
        patient = changed(settings, retry_after_s=60, max_attempts=100)
        begun = datetime.now(UTC)
        _, [event] = run(patient, wanted)
        wait = datetime.fromisoformat(event.details["next_try_at"]) - begun
        assert longest / 2 - 1 <= wait.total_seconds() <= longest + 5
        assert event.verdict == Verdict.RETRY.value


def test_nothing_is_tried_for_ever(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.faults.append(Fault("id=drive_file01", 503, times=99))
    wanted = replace(drive("drive_file01"), attempt=12, tries=9, faults=7)
    _, [event] = run(changed(settings, max_attempts=8), wanted)
    assert (event.error_code, event.verdict) == ("http_503", Verdict.NEEDS_PERSON.value)
    assert "Given up after 8 runs" in str(event.error_message)
    assert event.details == {"faults": 8, "given_up": True}


@pytest.mark.parametrize(
    ("provider", "kind", "media_id", "match"),
    [
        ("drive", "file", "drive_file01", "drive.google.com/uc"),
        ("docs", "document", "some_document", "docs.google.com/document"),
        ("youtube", "video", "film_______", "www.youtube.com"),
    ],
)
def test_a_site_says_how_long_it_wants_to_be_left_alone(
    net: FakeInternet,
    settings: FetchSettings,
    tmp_path: Path,
    provider: str,
    kind: str,
    media_id: str,
    match: str,
) -> None:
    net.site.faults.append(Fault(match, "wait:1234", times=99))
    pace = Throttle(pace=FilePace(tmp_path / "pace"))
    patient = changed(settings, throttle=pace, retry_after_s=1, pause_s=5)
    begun = datetime.now(UTC)
    summary, [event] = run(patient, request_for(provider, kind, media_id))
    assert (event.error_code, event.verdict) == ("rate_limited", Verdict.PAUSE.value)
    wait = datetime.fromisoformat(event.details["next_try_at"]) - begun
    assert 1230 <= wait.total_seconds() <= 1240
    assert list(summary.paused_providers) == [provider]
    assert 1230 < pace.paused_s(provider) <= 1234
    asked = len(net.requests)
    summary, events = run(patient, request_for(provider, kind, media_id))
    assert (summary.paused, events, len(net.requests)) == (1, [], asked)
    if provider != "drive":
        other, _ = run(patient, drive("drive_file02"))
        assert other.downloaded == 1


def test_a_short_pause_is_waited_for(
    net: FakeInternet, settings: FetchSettings, tmp_path: Path
) -> None:
    net.site.faults.append(Fault("id=drive_file01", "wait:1"))
    pace = Throttle(pace=FilePace(tmp_path / "pace"))
    summary, events = run(
        changed(settings, throttle=pace, max_pause_s=5),
        drive("drive_file01"),
        drive("drive_file02"),
    )
    assert (summary.downloaded, summary.paused, len(events)) == (2, 0, 2)


def test_what_nobody_went_on_with_for_a_month_is_removed(settings: FetchSettings) -> None:
    folder = partial_folder(settings.data_dir)
    for age_days, name in ((29, "young"), (31, "old")):
        path = folder / f"{name}.mp4.part"
        inside = folder / f"{name}.yt-dlp" / "fragment"
        inside.parent.mkdir(parents=True)
        for file in (path, inside):
            file.write_bytes(b"half")
        then = time.time() - age_days * 86_400
        for entry in (path, inside.parent):
            os.utime(entry, (then, then))
    run(settings, drive("drive_file00"))
    assert {path.name for path in folder.iterdir()} == {"young.mp4.part", "young.yt-dlp"}
