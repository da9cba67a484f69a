"""What a reading proves of a playlist or a folder, and what it finds new in it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from downloaders.base import FetchSettings
from downloaders.youtube.downloader import listed_twice
from rowkeeper.core.events import EventType
from rowkeeper.core.retry import AMBIGUOUS_RUNS, Refusals
from tests.fakes import drive_api
from tests.fakes.clients import changed, request_for, settings_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import (
    DriveEntry,
    DriveFolder,
    Playlist,
    WebResponse,
)
from tests.helpers.readings import again, children, events

TEN = tuple((f"video{n:06}", f"No {n}") for n in range(10))
MANY = tuple((f"of_many_{n:03}", f"Of many {n}") for n in range(100))
LIST, FOLDER = "PLofvideos", "folder_of_all"


@pytest.fixture
def settings(net: FakeInternet, tmp_path: Path) -> FetchSettings:
    return settings_for(net, tmp_path, retry_after_s=60.0)


def playlist(**more: Any) -> Playlist:
    return Playlist(LIST, "Videos", **{"entries": TEN, "page_size": 4, **more})


@pytest.mark.parametrize(
    ("listed", "cuts", "complete", "known", "facts"),
    [
        (playlist(), 0, True, 10, {}),
        (playlist(stated=10), 0, True, 10, {"stated": 10}),
        (playlist(), 1, True, 10, {}),  # tried again within the run
        (playlist(stated=10), 9, False, 4, {"stated": 10}),
        (playlist(), 9, False, 4, {}),
        (playlist(stated=12), 0, False, 10, {"stated": 12}),
        (
            playlist(stated=12, notice="2 unavailable videos are hidden"),
            0,
            True,
            10,
            {"stated": 12, "hidden": 2},
        ),
        (
            playlist(stated=12, notice="1 unavailable video is hidden"),
            0,
            False,
            10,
            {"stated": 12, "hidden": 1},
        ),
        (  # hidden ones are listed when asked for: as many may be missing
            playlist(stated=12, notice="8 unavailable videos are hidden"),
            9,
            False,
            4,
            {"stated": 12, "hidden": 8},
        ),
        (
            playlist(stated=1244, notice="1,234 unavailable videos are hidden"),
            0,
            True,
            10,
            {"stated": 1244, "hidden": 1234},
        ),
    ],
)
def test_a_playlist_is_complete_when_it_says_so(
    net: FakeInternet,
    settings: FetchSettings,
    listed: Playlist,
    cuts: int,
    complete: bool,
    known: int,
    facts: dict[str, int],
) -> None:
    net.site.playlists.append(listed)
    net.site.cuts[LIST] = cuts
    told_events = events(settings, request_for("youtube", "playlist", LIST))
    downloaded = told_events[-1]
    assert downloaded.event_type is EventType.DOWNLOADED
    assert downloaded.details["complete"] is complete
    assert downloaded.details["entries"] == known == len(children(told_events))
    assert {key: downloaded.details.get(key) for key in ("stated", "hidden")} == {
        "stated": facts.get("stated"),
        "hidden": facts.get("hidden"),
    }
    assert ("incomplete_because" in downloaded.details) is not complete
    assert ("next_try_at" in downloaded.details) is not complete


@pytest.mark.parametrize(
    ("listed", "is_hollow", "complete", "because"),
    [
        (playlist(), True, False, "the page after the last entry came without any."),
        (playlist(stated=10), True, False, "states 10 entries and listed 4."),
        (playlist(entries=MANY, page_size=100), False, False, "a full page of 100"),
        (playlist(entries=MANY, page_size=100, stated=100), False, True, ""),
        (playlist(entries=MANY + TEN, page_size=100), False, True, ""),
        (playlist(entries=MANY * 2, page_size=100, stated=200), False, False, "listed 100"),
        (playlist(entries=MANY * 2 + TEN, page_size=100), False, False, "100 entries came twice"),
        (playlist(entries=()), False, False, "it has no entries, and states no count."),
        (playlist(entries=(), stated=0), False, True, ""),
        (playlist(entries=(*TEN, ("short", "?"))), False, False, "1 entries name no video."),
        (playlist(entries=(*TEN, ("short", "?")), stated=11), False, False, "states 11 entries"),
    ],
)
def test_a_playlist_that_ends_without_a_word_is_doubted(
    net: FakeInternet,
    settings: FetchSettings,
    listed: Playlist,
    is_hollow: bool,
    complete: bool,
    because: str,
) -> None:
    net.site.playlists.append(listed)
    net.site.hollow |= {LIST} if is_hollow else set()
    event = events(settings, request_for("youtube", "playlist", LIST))[-1]
    assert event.details["complete"] is complete
    assert because in event.details.get("incomplete_because", "")


@pytest.mark.parametrize(
    ("more", "twice"),
    [
        (range(100), 100),
        (range(50), 50),  # the first half of the first page again
        (range(50, 100), 50),
        ([*range(100, 130), *range(60, 80)], 20),
        ([99, *range(100, 149)], 0),  # one was put in while it was read
        ([7, 7, 7, 7, 7, 7, 3, 9], 0),
        ([*range(4), *range(100, 110)], 0),
    ],
)
def test_neighbours_that_come_again_are_a_page_given_twice(more: Any, twice: int) -> None:
    assert listed_twice([str(n) for n in (*range(100), *more)]) == twice


def test_a_list_that_a_limit_cuts_is_not_complete(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.playlists.append(playlist(stated=10))
    event = events(changed(settings, max_playlist=3), request_for("youtube", "playlist", LIST))[-1]
    assert event.details["complete"] is False
    assert (event.details["entries"], event.details["left_out"]) == (3, 7)
    assert event.details["incomplete_because"] == "7 were left out: download.max_playlist is 3."
    link = f"{'a' * 11},{'b' * 11},cut_short"
    named = events(settings, request_for("youtube", "playlist", link))[-1]
    assert (named.details["complete"], named.details["stated"]) == (False, 3)


def test_entries_that_nobody_can_watch_keep_their_place(
    net: FakeInternet, settings: FetchSettings
) -> None:
    entries = (
        TEN[0],
        ("privately__", "[Private video]"),
        ("deleted____", "[Deleted video]"),
        TEN[1],
    )
    net.site.playlists.append(playlist(entries=entries, stated=4))
    told_events = events(settings, request_for("youtube", "playlist", LIST))
    assert children(told_events) == [media_id for media_id, _ in entries]
    positions = [
        event.details["position"] for event in told_events if event.asset_kind == "transcript"
    ]
    assert positions == [1, 2, 3, 4]
    assert told_events[-1].details["complete"] is True


def test_a_partial_reading_takes_no_complete_list_away(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.playlists.append(playlist(entries=TEN[:9], stated=9))
    request = request_for("youtube", "playlist", LIST)
    first = events(settings, request)[-1]
    net.site.playlists[0] = playlist(entries=(("new________", "New"), *TEN), stated=11)
    net.site.cuts[LIST] = 9
    told_events = events(settings, again(first, request))
    assert told_events[-1].event_type is EventType.REREAD_FAILED
    assert (told_events[-1].error_code, told_events[-1].verdict) == ("incomplete_list", "retry")
    assert "new________" in children(told_events)
    assert (settings.data_dir / str(first.local_path)).is_file()


def test_what_has_not_changed_is_told_and_not_kept(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.playlists.append(playlist(stated=10))
    request = request_for("youtube", "playlist", LIST)
    first = events(settings, request)[-1]
    files = sorted((settings.data_dir / "files").rglob("*"))
    (second,) = events(settings, again(first, request))
    assert second.event_type is EventType.REREAD_UNCHANGED
    assert (second.attempt, second.sha256) == (2, first.sha256)
    assert sorted((settings.data_dir / "files").rglob("*")) == files


def test_a_reading_that_proves_more_is_told(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.playlists.append(playlist(stated=10))
    request = request_for("youtube", "playlist", LIST)
    first = events(settings, request)[-1]
    older = replace(first, details={"title": "Videos", "entries": 10})
    told_events = events(settings, again(older, request))
    assert told_events[-1].event_type is EventType.DOWNLOADED
    assert (told_events[-1].sha256, told_events[-1].local_path) == (first.sha256, first.local_path)
    assert {event.details["listing"] for event in told_events} == {2}


@pytest.mark.parametrize("by_api", [False, True])
@pytest.mark.parametrize("cut", [False, True])
def test_a_folder_is_read_to_its_end(
    net: FakeInternet, settings: FetchSettings, by_api: bool, cut: bool
) -> None:
    entries = tuple(DriveEntry(f"file_number_{n}", f"{n}.txt") for n in range(3))
    net.site.folders.append(DriveFolder(FOLDER, "All", entries, cut=cut))
    if by_api:
        settings = changed(settings, api_key=drive_api.KEY)
    told_events = events(settings, request_for("drive", "folder", FOLDER))
    assert told_events[-1].details["complete"] is not cut
    assert len(children(told_events)) == told_events[-1].details["entries"] == 3


def test_a_page_that_leads_back_to_itself_ends_the_list(
    net: FakeInternet, settings: FetchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    net.site.folders.append(DriveFolder(FOLDER, "All", (DriveEntry("file_number_1", "1.txt"),)))
    whole = drive_api.listing(net.site, {"q": f"'{FOLDER}' in parents and trashed = false"})
    page = json.loads(whole.body) | {"nextPageToken": "again"}
    monkeypatch.setattr(drive_api, "listing", lambda *_: drive_api.answer(page))
    by_api = changed(settings, api_key=drive_api.KEY)
    told = events(by_api, request_for("drive", "folder", FOLDER))
    assert set(children(told)) == {"file_number_1"}
    assert told[-1].details["complete"] is False
    assert "led back" in told[-1].details["incomplete_because"]


def test_a_page_of_a_folder_that_lacks_something_proves_nothing(
    net: FakeInternet, settings: FetchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    net.site.folders.append(DriveFolder(FOLDER, "All", (DriveEntry("file_number_1", "1.txt"),)))
    request = request_for("drive", "folder", FOLDER)
    by_api = changed(settings, api_key=drive_api.KEY)
    monkeypatch.setattr(drive_api, "listing", lambda *_: drive_api.answer({}))
    details = events(by_api, request)[-1].details
    assert (details["complete"], details["entries"]) == (False, 0)
    assert "a page without files" in details["incomplete_because"]
    page = b'<html><body><div class="flip-entry">1.txt</div></body></html>'
    monkeypatch.setattr("tests.fakes.google._folder", lambda *_: WebResponse(page))
    details = events(settings, request)[-1].details
    assert details["complete"] is False
    assert "leads nowhere" in details["incomplete_because"]


ELSE = [
    ("Before you continue", "", "not_a_file", "retry"),
    ("Google Drive", "Sorry, unable to open the file at this time.", "server_error", "retry"),
    ("Drive", "The file is in the owner's trash", "removed", "permanent"),
    ("https://drive.google.com/x", "detected unusual traffic", "quota", "pause"),
    ("Anmelden – Google Konten", "", "not_a_file", "retry"),
    ("Sign in - Google Accounts", "", "permission_denied", "needs_person"),
]


@pytest.mark.parametrize(("title", "words", "code", "verdict"), ELSE)
def test_another_page_is_no_empty_folder(
    net: FakeInternet, settings: FetchSettings, title: str, words: str, code: str, verdict: str
) -> None:
    page = f"<html><title>{title}</title><p class='errorMessage'>{words}</p></html>"
    net.site.pages["drive.google.com/embeddedfolderview"] = page
    event = events(settings, request_for("drive", "folder", FOLDER))[-1]
    assert (event.event_type, event.error_code) == (EventType.DOWNLOAD_FAILED, code)
    assert event.verdict == verdict


@pytest.mark.parametrize("kind", ["folder", "playlist"])
def test_a_list_that_is_empty_all_at_once_is_believed_in_time(
    net: FakeInternet, settings: FetchSettings, kind: str
) -> None:
    folder = DriveFolder(FOLDER, "All", (DriveEntry("file_number_1", "1.txt"),))
    net.site.folders.append(folder)
    net.site.playlists.append(playlist(stated=10))
    request = {
        "folder": request_for("drive", "folder", FOLDER),
        "playlist": request_for("youtube", "playlist", LIST),
    }[kind]
    first = events(settings, request)[-1]
    net.site.folders[0] = replace(folder, entries=())
    net.site.playlists[0] = playlist(entries=(), stated=0)
    old = datetime.now(UTC) - timedelta(days=4)
    chains = [
        None,
        Refusals("emptied", AMBIGUOUS_RUNS - 2, old),
        Refusals("emptied", AMBIGUOUS_RUNS, datetime.now(UTC)),
        Refusals("not_found", AMBIGUOUS_RUNS, old),
        Refusals("emptied", AMBIGUOUS_RUNS - 1, old),
    ]
    wanted = [replace(again(first, request), faults=99, refusals=chain) for chain in chains]
    last_events = [events(settings, item)[-1] for item in wanted]
    assert [(event.event_type, event.error_code) for event in last_events] == [
        *[(EventType.REREAD_FAILED, "emptied")] * 4,
        (EventType.DOWNLOADED, None),
    ]
    assert (last_events[-1].details["entries"], last_events[-1].details["complete"]) == (0, True)
    assert {event.verdict for event in last_events[:-1]} == {"retry"}
    assert [event.details["refused"]["runs"] for event in last_events[:-1]] == [1, 3, 5, 1]


def test_what_stays_unfinished_is_looked_at_once_a_month(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.playlists.append(playlist(stated=12))
    request = request_for("youtube", "playlist", LIST)
    waits = []
    for tries in (0, settings.download.max_attempts - 1):
        event = events(settings, replace(request, tries=tries, faults=tries))[-1]
        until = datetime.fromisoformat(event.details["next_try_at"])
        waits.append((until - datetime.now(UTC)).days)
    assert waits[0] == 0
    assert waits[1] >= 29
