"""What a reading proves of a document or a recording, and what it finds new in it."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downloaders.base import FetchSettings
from downloaders.documents import MAX_LINKS
from downloaders.readings import Extent, content_key
from downloaders.youtube.downloader import YouTubeDownloader
from rowkeeper.core.events import EventType
from tests.fakes import drive_api, media
from tests.fakes.clients import changed, request_for, settings_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import (
    Caption,
    Document,
    Fault,
    Video,
)
from tests.helpers.readings import again, events

DOCUMENT = "typing_notes"
SPOKEN = (Caption("en", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n"),)
PAGE = "<html><body><p>{}</p></body></html>"


@pytest.fixture
def settings(net: FakeInternet, tmp_path: Path) -> FetchSettings:
    return settings_for(net, tmp_path, retry_after_s=60.0)


def test_a_document_with_too_many_links_is_not_complete(
    net: FakeInternet, settings: FetchSettings
) -> None:
    links = "\n".join(f"https://youtu.be/{n:011}" for n in range(MAX_LINKS + 2))
    net.site.documents.append(Document(DOCUMENT, "Notes", links))
    event = events(settings, request_for("docs", "document", DOCUMENT))[-1]
    assert (event.details["complete"], event.details["left_out"]) == (False, 2)
    assert "1,000" in event.details["incomplete_because"]


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
    event = events(settings, request_for("youtube", "video", "short______"))[-1]
    assert event.details["provisional_because"] == (
        "It lasts 1 of the 600 seconds that YouTube states."
    )
    net.site.videos.append(Video("rounded____", "Rounded", media.progressive(), duration_s=3))
    event = events(settings, request_for("youtube", "video", "rounded____"))[-1]
    assert "provisional_because" not in event.details  # within ten seconds nothing is said


@pytest.mark.parametrize("kind", ["video", "transcript"])
def test_what_has_yet_to_come_is_never_given_up(
    net: FakeInternet, settings: FetchSettings, kind: str
) -> None:
    net.site.videos.append(Video("live_______", "Live", media.progressive(), SPOKEN, live=True))
    net.site.videos.append(Video("not_yet____", error="not_yet"))
    for media_id in ("live_______", "not_yet____"):
        event = events(settings, request_for("youtube", kind, media_id, faults=99))[-1]
        assert (event.event_type, event.verdict) == (EventType.DOWNLOAD_FAILED, "retry")


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
    told_events = events(settings, again(first, request))
    assert [event.media_id for event in told_events[:-1]] == [f"{DOCUMENT},77"]
    assert told_events[-1].event_type is EventType.DOWNLOADED


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


@pytest.mark.parametrize("kind", ["video", "transcript"])
def test_what_is_live_is_never_given_up(
    net: FakeInternet, settings: FetchSettings, kind: str
) -> None:
    net.site.videos.append(Video("live_video1", streams=media.progressive(), live=True))
    (event,) = events(settings, request_for("youtube", kind, "live_video1", faults=99))
    assert (event.event_type, event.verdict) == (EventType.DOWNLOAD_FAILED, "retry")
    assert event.error_code in {"live", "not_yet_live"}
