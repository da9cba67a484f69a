"""What a reading proves of a list, a document or a recording, and what it finds new in it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downloaders.base import FetchSettings, Request, Standing
from downloaders.documents import MAX_LINKS
from downloaders.pool import download_all
from downloaders.readings import Extent, content_key
from downloaders.youtube.downloader import YouTubeDownloader, listed_twice
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.retry import AMBIGUOUS_RUNS, Refusals
from tests.fakes import drive_api, media
from tests.fakes.clients import changed, request_for, settings_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import (
    Caption,
    Document,
    DriveEntry,
    DriveFolder,
    Fault,
    Playlist,
    Site,
    Video,
    WebResponse,
)

TEN = tuple((f"video{n:06}", f"No {n}") for n in range(10))
MANY = tuple((f"of_many_{n:03}", f"Of many {n}") for n in range(100))
LIST, FOLDER, DOCUMENT = "PLofvideos", "folder_of_all", "typing_notes"
SPOKEN = (Caption("en", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n"),)
PAGE = "<html><body><p>{}</p></body></html>"
Found = list[AssetEvent]


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    with FakeInternet(Site()) as internet:
        yield internet


@pytest.fixture
def settings(net: FakeInternet, tmp_path: Path) -> FetchSettings:
    return settings_for(net, tmp_path, retry_after_s=60.0)


def events(settings: FetchSettings, request: Request) -> Found:
    found: Found = []
    download_all([request], settings, found.append, "session")
    return found


def children(found: Found) -> list[str]:
    """The media that were discovered, in order, without their transcripts."""
    kinds = {"video", "file"}
    return [
        str(event.media_id)
        for event in found
        if event.event_type is EventType.DISCOVERED and event.asset_kind in kinds
    ]


def again(first: AssetEvent, request: Request) -> Request:
    """The request to read again what ``first`` tells of."""
    standing = Standing(sha256=str(first.sha256), details=first.details)
    return replace(request, attempt=request.attempt + 1, standing=standing)


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
    found = events(settings, request_for("youtube", "playlist", LIST))
    told = found[-1]
    assert told.event_type is EventType.DOWNLOADED
    assert told.details["complete"] is complete
    assert told.details["entries"] == known == len(children(found))
    assert {key: told.details.get(key) for key in ("stated", "hidden")} == {
        "stated": facts.get("stated"),
        "hidden": facts.get("hidden"),
    }
    assert ("incomplete_because" in told.details) is not complete
    assert ("next_try_at" in told.details) is not complete


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
    told = events(settings, request_for("youtube", "playlist", LIST))[-1]
    assert told.details["complete"] is complete
    assert because in told.details.get("incomplete_because", "")


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
    told = events(changed(settings, max_playlist=3), request_for("youtube", "playlist", LIST))[-1]
    assert told.details["complete"] is False
    assert (told.details["entries"], told.details["left_out"]) == (3, 7)
    assert told.details["incomplete_because"] == "7 were left out: download.max_playlist is 3."
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
    found = events(settings, request_for("youtube", "playlist", LIST))
    assert children(found) == [media_id for media_id, _ in entries]
    positions = [event.details["position"] for event in found if event.asset_kind == "transcript"]
    assert positions == [1, 2, 3, 4]
    assert found[-1].details["complete"] is True


def test_a_partial_reading_takes_no_complete_list_away(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.playlists.append(playlist(entries=TEN[:9], stated=9))
    request = request_for("youtube", "playlist", LIST)
    first = events(settings, request)[-1]
    net.site.playlists[0] = playlist(entries=(("new________", "New"), *TEN), stated=11)
    net.site.cuts[LIST] = 9
    found = events(settings, again(first, request))
    assert found[-1].event_type is EventType.REREAD_FAILED
    assert (found[-1].error_code, found[-1].verdict) == ("incomplete_list", "retry")
    assert "new________" in children(found)
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
    found = events(settings, again(older, request))
    assert found[-1].event_type is EventType.DOWNLOADED
    assert (found[-1].sha256, found[-1].local_path) == (first.sha256, first.local_path)
    assert {event.details["listing"] for event in found} == {2}


@pytest.mark.parametrize("by_api", [False, True])
@pytest.mark.parametrize("cut", [False, True])
def test_a_folder_is_read_to_its_end(
    net: FakeInternet, settings: FetchSettings, by_api: bool, cut: bool
) -> None:
    entries = tuple(DriveEntry(f"file_number_{n}", f"{n}.txt") for n in range(3))
    net.site.folders.append(DriveFolder(FOLDER, "All", entries, cut=cut))
    if by_api:
        settings = changed(settings, api_key=drive_api.KEY)
    found = events(settings, request_for("drive", "folder", FOLDER))
    assert found[-1].details["complete"] is not cut
    assert len(children(found)) == found[-1].details["entries"] == 3


def test_a_document_with_too_many_links_is_not_complete(
    net: FakeInternet, settings: FetchSettings
) -> None:
    links = "\n".join(f"https://youtu.be/{n:011}" for n in range(MAX_LINKS + 2))
    net.site.documents.append(Document(DOCUMENT, "Notes", links))
    told = events(settings, request_for("docs", "document", DOCUMENT))[-1]
    assert (told.details["complete"], told.details["left_out"]) == (False, 2)
    assert "1,000" in told.details["incomplete_because"]


@pytest.mark.parametrize("by_api", [False, True])
@pytest.mark.parametrize("kind", ["document", "document_html"])
def test_a_document_is_asked_for_conditionally_and_changes_beside_itself(
    net: FakeInternet, settings: FetchSettings, by_api: bool, kind: str
) -> None:
    if by_api:
        settings = changed(settings, api_key=drive_api.KEY)
    export = "/export"
    net.site.documents.append(
        Document(DOCUMENT, "Notes", "one", html=PAGE.format("one"), version="v1")
    )
    request = request_for("docs", kind, DOCUMENT)
    first = events(settings, request)[-1]
    asked = net.fetched(export)
    (second,) = events(settings, again(first, request))
    assert second.event_type is EventType.REREAD_UNCHANGED
    assert net.fetched(export) == asked + (0 if by_api else 1)
    net.site.documents[0] = Document(
        DOCUMENT, "Notes", "two", html=PAGE.format("two"), version="v2"
    )
    third = events(settings, again(first, request))[-1]
    assert third.event_type is EventType.DOWNLOADED
    assert third.local_path != first.local_path
    assert str(third.sha256)[:12] in str(third.local_path)
    bodies = [(settings.data_dir / str(event.local_path)).read_bytes() for event in (first, third)]
    assert [b"one" in body for body in bodies] == [True, False]
    assert [b"two" in body for body in bodies] == [False, True]


def test_an_export_that_only_looks_new_is_unchanged(
    net: FakeInternet, settings: FetchSettings
) -> None:
    page = "<html><head><style>.c{}</style></head><body><p class='{}'>one</p></body></html>"
    net.site.documents.append(Document(DOCUMENT, "Notes", "one", html=page.replace("{}", "c1")))
    request = request_for("docs", "document_html", DOCUMENT)
    first = events(settings, request)[-1]
    net.site.documents[0] = Document(DOCUMENT, "Notes", "one", html=page.replace("{}", "c2"))
    (second,) = events(settings, again(first, request))
    assert second.event_type is EventType.REREAD_UNCHANGED


def test_a_pdf_that_was_made_anew_is_the_same(tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in "abc")
    stamps = b"/CreationDate (D:2026DAY) /ID [<aDAY> <b>]\n<xmp:CreateDate>DAY</xmp:CreateDate>"
    body = b"%PDF-1.7\n" + stamps + b"WORDS"
    first.write_bytes(body.replace(b"DAY", b"01"))
    second.write_bytes(body.replace(b"DAY", b"02"))
    other.write_bytes(body.replace(b"WORDS", b"words"))
    keys = [content_key(path, "application/pdf") for path in (first, second, other)]
    assert keys[0] == keys[1] != keys[2]
    assert content_key(first, "text/plain") is None


@pytest.mark.parametrize("kind", ["video", "transcript"])
def test_a_stream_that_has_just_ended_is_provisional(
    net: FakeInternet, settings: FetchSettings, kind: str
) -> None:
    ended = Video("ended______", "Ended", media.progressive(), SPOKEN, post_live=True)
    net.site.videos.append(ended)
    request = request_for("youtube", kind, ended.id)
    first = events(settings, request)[-1]
    assert first.event_type is EventType.DOWNLOADED
    assert first.details["provisional"] is True
    assert "next_try_at" in first.details
    (same,) = events(settings, again(first, request))
    assert (same.event_type, same.details["provisional"]) == (EventType.REREAD_UNCHANGED, True)
    net.site.videos[0] = replace(ended, post_live=False, was_live=True)
    final = events(settings, again(first, request))[-1]
    assert final.event_type is EventType.DOWNLOADED
    assert "provisional" not in final.details
    assert final.sha256 == first.sha256


@pytest.mark.parametrize(
    ("stated", "lasts", "is_final"),
    [
        (9, 0.1, False),
        (12, 3, False),
        (15, 5.5, False),
        (60, 50.5, False),
        (20, None, False),
        (3600, 3300, False),
        (9, 7.5, True),  # sites round, and the last frames may be missing
        (60, 57.5, True),
        (3600, 3421, True),
        (0, 10, True),
        (None, None, True),
    ],
)
def test_only_a_length_that_is_nearly_the_stated_one_is_final(
    monkeypatch: pytest.MonkeyPatch, stated: float | None, lasts: float | None, is_final: bool
) -> None:
    monkeypatch.setattr("downloaders.ytdlp.videos.duration_of", lambda _: lasts)
    downloader = YouTubeDownloader.__new__(YouTubeDownloader)
    words = downloader._provisional({"duration": stated}, Path("x"))
    assert (words is None) is is_final


def test_a_video_that_is_shorter_than_stated_is_provisional(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.videos.append(Video("short______", "Short", media.progressive(), duration_s=600))
    told = events(settings, request_for("youtube", "video", "short______"))[-1]
    assert told.details["provisional_because"] == (
        "It lasts 1 of the 600 seconds that YouTube states."
    )
    net.site.videos.append(Video("rounded____", "Rounded", media.progressive(), duration_s=3))
    told = events(settings, request_for("youtube", "video", "rounded____"))[-1]
    assert "provisional_because" not in told.details  # within ten seconds nothing is said


@pytest.mark.parametrize("kind", ["video", "transcript"])
def test_what_has_yet_to_come_is_never_given_up(
    net: FakeInternet, settings: FetchSettings, kind: str
) -> None:
    net.site.videos.append(Video("live_______", "Live", media.progressive(), SPOKEN, live=True))
    net.site.videos.append(Video("not_yet____", error="not_yet"))
    for media_id in ("live_______", "not_yet____"):
        told = events(settings, request_for("youtube", kind, media_id, faults=99))[-1]
        assert (told.event_type, told.verdict) == (EventType.DOWNLOAD_FAILED, "retry")


def test_a_failed_reading_takes_nothing_away(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.documents.append(Document(DOCUMENT, "Notes", "one"))
    request = request_for("docs", "document", DOCUMENT)
    first = events(settings, request)[-1]
    net.site.documents.clear()
    (second,) = events(settings, again(first, request))
    assert second.event_type is EventType.REREAD_FAILED
    assert (settings.data_dir / str(first.local_path)).read_bytes() == b"\xef\xbb\xbfone"


@given(
    listed=st.integers(0, 50),
    missing=st.integers(0, 5),
    hidden=st.integers(0, 5),
    left_out=st.integers(0, 5),
)
def test_complete_means_that_the_sum_closes(
    listed: int, missing: int, hidden: int, left_out: int
) -> None:
    stated = listed + missing + hidden + left_out
    extent = Extent(listed=listed, stated=stated, hidden=hidden, left_out=left_out, limit="ours")
    doubted = replace(extent, doubts=("Incomplete data received.",))
    assert doubted.is_cut_short is (missing + hidden > 0)
    assert (doubted.reason is None) is (missing + hidden + left_out == 0)
    assert extent.details()["complete"] is (missing == 0 and left_out == 0)
    assert extent.is_cut_short is (missing > 0)
    assert (extent.reason is None) is extent.details()["complete"]


def test_a_tab_that_is_new_is_found_where_the_first_one_has_not_changed(
    net: FakeInternet, settings: FetchSettings
) -> None:
    sheet = Document(DOCUMENT, "Sheet", "a,b", kind="spreadsheet", version="v1")
    net.site.documents.append(replace(sheet, tabs=(("5", "First"),)))
    request = request_for("docs", "spreadsheet", DOCUMENT)
    first = events(settings, request)[-1]
    net.site.documents[0] = replace(sheet, tabs=(("5", "First"), ("77", "New")))
    found = events(settings, again(first, request))
    assert [event.media_id for event in found[:-1]] == [f"{DOCUMENT},77"]
    assert found[-1].event_type is EventType.DOWNLOADED


def test_a_first_tab_without_the_list_of_the_others_is_told_only_where_it_is_new(
    net: FakeInternet, settings: FetchSettings
) -> None:
    sheet = Document(DOCUMENT, "Sheet", "a,b", kind="spreadsheet", tabs=(("5", "A"), ("77", "B")))
    net.site.documents.append(sheet)
    request = request_for("docs", "spreadsheet", DOCUMENT)
    first = events(settings, request)[-1]
    net.site.faults.append(Fault("/htmlview", 404, 99))
    [same] = events(settings, again(first, request))
    assert (same.event_type, same.error_code) == (EventType.REREAD_FAILED, "incomplete_list")
    net.site.documents[0] = replace(sheet, text="a,c")
    [edited] = events(settings, again(first, request))
    assert (edited.event_type, edited.details["complete"]) == (EventType.DOWNLOADED, False)
    net.site.documents[0] = sheet
    before = replace(first, details={**first.details, "tabs_unread": "as told by older versions"})
    [mended] = events(settings, again(before, request))
    assert (mended.event_type, mended.details["complete"]) == (EventType.DOWNLOADED, False)


def test_a_page_of_a_folder_that_lacks_something_proves_nothing(
    net: FakeInternet, settings: FetchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    net.site.folders.append(DriveFolder(FOLDER, "All", (DriveEntry("file_number_1", "1.txt"),)))
    request = request_for("drive", "folder", FOLDER)
    by_api = changed(settings, api_key=drive_api.KEY)
    monkeypatch.setattr(drive_api, "listing", lambda *_: drive_api.answer({}))
    told = events(by_api, request)[-1].details
    assert (told["complete"], told["entries"]) == (False, 0)
    assert "a page without files" in told["incomplete_because"]
    page = b'<html><body><div class="flip-entry">1.txt</div></body></html>'
    monkeypatch.setattr("tests.fakes.google._folder", lambda *_: WebResponse(page))
    told = events(settings, request)[-1].details
    assert told["complete"] is False
    assert "leads nowhere" in told["incomplete_because"]


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
    told = events(settings, request_for("drive", "folder", FOLDER))[-1]
    assert (told.event_type, told.error_code) == (EventType.DOWNLOAD_FAILED, code)
    assert told.verdict == verdict


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
    told = [events(settings, item)[-1] for item in wanted]
    assert [(event.event_type, event.error_code) for event in told] == [
        *[(EventType.REREAD_FAILED, "emptied")] * 4,
        (EventType.DOWNLOADED, None),
    ]
    assert (told[-1].details["entries"], told[-1].details["complete"]) == (0, True)
    assert {event.verdict for event in told[:-1]} == {"retry"}
    assert [event.details["refused"]["runs"] for event in told[:-1]] == [1, 3, 5, 1]


def test_what_stays_unfinished_is_looked_at_once_a_month(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.playlists.append(playlist(stated=12))
    request = request_for("youtube", "playlist", LIST)
    waits = []
    for tries in (0, settings.download.max_attempts - 1):
        told = events(settings, replace(request, tries=tries, faults=tries))[-1]
        until = datetime.fromisoformat(told.details["next_try_at"])
        waits.append((until - datetime.now(UTC)).days)
    assert waits[0] == 0
    assert waits[1] >= 29


@pytest.mark.parametrize("kind", ["video", "transcript"])
def test_what_is_live_is_never_given_up(
    net: FakeInternet, settings: FetchSettings, kind: str
) -> None:
    net.site.videos.append(Video("live_video1", streams=media.progressive(), live=True))
    (told,) = events(settings, request_for("youtube", kind, "live_video1", faults=99))
    assert (told.event_type, told.verdict) == (EventType.DOWNLOAD_FAILED, "retry")
    assert told.error_code in {"live", "not_yet_live"}
