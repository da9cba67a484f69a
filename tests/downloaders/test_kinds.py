"""A Drive link is not its kind: the page that Drive shows or the API says what it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from downloaders.base import FetchSettings, Request
from downloaders.google import tabs
from downloaders.google.answers import FileId
from downloaders.google.kinds import as_found
from downloaders.pool import download_all
from rowkeeper.core.errors import AmbiguousError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id
from rowkeeper.core.links.classify import classify
from tests.fakes.clients import changed, request_for, settings_for
from tests.fakes.drive_api import KEY
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Document, DriveEntry, DriveFile, DriveFolder, Fault, Site, WebResponse

WORD, OLD = "0-resource_Key", "0B7old_file_00"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TABS = (("5", "First"), ("0", "Second"), ("77", "Third <3"))
OFFICE = "https://docs.google.com/document/d/office_file1/edit?rtpof=true&sd=true"


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    site = Site(
        files=[
            DriveFile("plain_file_1", "plain.txt", b"plain", "text/plain"),
            DriveFile("office_file1", "Essay.docx", b"PK\x03\x04 docx", DOCX, shown_in="document"),
            DriveFile(
                "shortcut_1",
                shortcut_to="https://docs.google.com/document/d/document_01/edit",
            ),
            DriveFile(OLD, "old.txt", b"old", "text/plain", resource_key=WORD),
            DriveFile("0B7big_file_00", "big.bin", b"big", big=True, resource_key=WORD),
        ],
        folders=[
            DriveFolder("folder_0001", "Mine", (DriveEntry(OLD, "old", resource_key=WORD),)),
            DriveFolder("0B7old_folder", "Old", (DriveEntry("plain_file_1", "p"),), WORD),
        ],
        documents=[
            Document("document_01", "Text", "Hello"),
            Document("table_00001", "Table", "a,b", kind="spreadsheet"),
            Document("three_tabs_1", "T", "x", kind="spreadsheet", tabs=TABS),
            Document("0B7old_tabs_0", "T", "x", False, "", "spreadsheet", WORD, TABS),
            Document("0B7old_text_0", "Old", "old words", resource_key=WORD),
        ],
    )
    with FakeInternet(site) as internet:
        yield internet


@pytest.fixture(params=["visitor", "key"])
def settings(request: pytest.FixtureRequest, net: FakeInternet, tmp_path: Path) -> FetchSettings:
    plain = settings_for(net, tmp_path)
    if request.param == "visitor":
        return plain
    return changed(plain, api_key=KEY)


def run(settings: FetchSettings, *requests: Request) -> list[AssetEvent]:
    events: list[AssetEvent] = []
    download_all(requests, settings, events.append, "s1")
    return events


@pytest.mark.parametrize(
    ("link", "media_id", "is_now", "body"),
    [
        (("drive", "file"), "document_01", ("docs", "document"), b"\xef\xbb\xbfHello"),
        (("drive", "file"), "table_00001", ("docs", "spreadsheet"), b"a,b"),
        (("drive", "folder"), "plain_file_1", ("drive", "file"), b"plain"),
        (("drive", "folder"), "document_01", ("docs", "document"), b"\xef\xbb\xbfHello"),
        (("docs", "document"), "office_file1", ("drive", "file"), b"PK\x03\x04 docx"),
        (("docs", "document_html"), "office_file1", ("drive", "file"), b"PK\x03\x04 docx"),
        (("docs", "spreadsheet"), "office_file1,77", ("drive", "file"), b"PK\x03\x04 docx"),
        (("docs", "document"), "table_00001", ("docs", "spreadsheet"), b"a,b"),
        (("docs", "document"), "plain_file_1", ("drive", "file"), b"plain"),
    ],
)
def test_an_asset_becomes_what_it_is_and_keeps_its_id(
    settings: FetchSettings,
    link: tuple[str, str],
    media_id: str,
    is_now: tuple[str, str],
    body: bytes,
) -> None:
    request = request_for(*link, media_id)
    events = run(settings, request)
    identified = next(item for item in events if item.event_type is EventType.IDENTIFIED)
    assert (identified.provider, identified.asset_kind) == link
    assert (identified.details["provider"], identified.details["asset_kind"]) == is_now
    done = events[-1]
    assert done.event_type is EventType.DOWNLOADED
    assert (done.asset_id, done.media_id) == (request.asset_id, media_id)
    assert (done.provider, done.asset_kind) == is_now
    assert (settings.data_dir / str(done.local_path)).read_bytes() == body


def test_a_folder_given_as_a_file_is_listed(settings: FetchSettings) -> None:
    request = request_for("drive", "file", "folder_0001")
    events = run(settings, request)
    kinds = [(item.event_type, item.asset_kind) for item in events]
    assert kinds == [("identified", "file"), ("discovered", "file"), ("downloaded", "folder")]
    assert classify(events[1].details["url_as_found"]).resource_key == WORD
    assert events[1].parent_asset_id == request.asset_id


def test_a_document_has_its_html_beside_it(settings: FetchSettings) -> None:
    events = run(settings, request_for("drive", "file", "document_01"))
    twin = events[1]
    assert (twin.event_type, twin.asset_kind) == (EventType.DISCOVERED, "document_html")
    assert twin.details["is_twin"] is True


@pytest.mark.parametrize("link", [("drive", "file"), ("docs", "document")])
def test_a_shortcut_leads_to_its_target(settings: FetchSettings, link: tuple[str, str]) -> None:
    events = run(settings, request_for(*link, "shortcut_1"))
    assert events[-1].event_type is EventType.DOWNLOADED
    assert events[-1].asset_kind == "file"
    targets = {item.media_id for item in events if item.event_type is EventType.DISCOVERED}
    assert targets == {"document_01"}


def test_an_office_file_is_known_by_its_link(net: FakeInternet, tmp_path: Path) -> None:
    request = request_for("docs", "document", "office_file1", url_as_found=OFFICE)
    events = run(settings_for(net, tmp_path), request)
    assert [item.event_type for item in events] == ["identified", "downloaded"]
    assert [path for _, _, path in net.requests] == ["/uc"]


def test_an_office_file_that_has_become_a_document(net: FakeInternet, tmp_path: Path) -> None:
    url = OFFICE.replace("office_file1", "document_01")
    request = request_for("docs", "document", "document_01", url_as_found=url)
    events = run(settings_for(net, tmp_path), request)
    kinds = [
        (item.event_type, item.asset_kind) for item in events if item.asset_id == request.asset_id
    ]
    assert kinds[:2] == [("identified", "document"), ("identified", "file")]
    assert kinds[-1] == ("downloaded", "document")
    assert [item.details["step"] for item in events if item.event_type == "identified"] == [1, 2]


def test_what_is_this_and_that_in_turn_is_tried_later(net: FakeInternet, tmp_path: Path) -> None:
    page = "redirect:https://docs.google.com/document/d/plain_file_1/edit"
    net.site.faults += [Fault("/uc", 404, 99), Fault("drive.google.com/open", page, 1)]
    page = "redirect:https://drive.google.com/file/d/plain_file_1/view"
    net.site.faults += [Fault("drive.google.com/open", page, 99)]
    events = run(settings_for(net, tmp_path), request_for("drive", "file", "plain_file_1"))
    assert events[-1].event_type is EventType.DOWNLOAD_FAILED
    assert len(net.requests) < 12


def test_who_is_not_told_keeps_the_first_answer(net: FakeInternet, tmp_path: Path) -> None:
    net.site.faults.append(Fault("drive.google.com/open", 503, 9))
    [event] = run(settings_for(net, tmp_path), request_for("drive", "folder", "plain_file_1"))
    assert (event.error_code, event.verdict) == ("not_found", "retry")


def test_a_form_is_told_in_words(net: FakeInternet, tmp_path: Path) -> None:
    form = "redirect:https://docs.google.com/forms/d/1Form_of_forms/viewform"
    net.site.faults.append(Fault("drive.google.com/open", form, 9))
    [event] = run(settings_for(net, tmp_path), request_for("drive", "file", "1Form_of_forms"))
    assert (event.error_code, event.verdict) == ("unsupported", "permanent")
    assert "form" in str(event.error_message)


@pytest.mark.parametrize("is_wrapped", [False, True])
@pytest.mark.parametrize(
    ("kind", "media_id"),
    [
        (("drive", "file"), OLD),
        (("drive", "file"), "0B7big_file_00"),
        (("drive", "folder"), "0B7old_folder"),
        (("docs", "document"), "0B7old_text_0"),
    ],
)
def test_a_resource_key_opens_an_older_share(
    settings: FetchSettings, kind: tuple[str, str], media_id: str, is_wrapped: bool
) -> None:
    url = f"https://drive.google.com/open?id={media_id}&usp=sharing&resourcekey={WORD}"
    if is_wrapped:  # as pages and mails have it
        url = f"https://www.google.com/url?q={quote(url, safe='')}"
    events = run(settings, request_for(*kind, media_id, url_as_found=url))
    assert events[-1].event_type is EventType.DOWNLOADED
    without = run(settings, request_for(*kind, media_id, row_id="8"))
    assert without[-1].error_code == "not_found"
    assert not any(WORD in item.to_json() for item in without)


def test_a_key_goes_to_google_alone(net: FakeInternet, tmp_path: Path) -> None:
    net.site.faults.append(Fault("/uc", "redirect:https://evil.example/x", 9))
    url = f"https://drive.google.com/open?id={OLD}&resourcekey={WORD}"
    [event] = run(settings_for(net, tmp_path), request_for("drive", "file", OLD, url_as_found=url))
    assert event.error_code == "led_elsewhere"
    assert not any(host == "evil.example" for _, host, _ in net.requests)


def test_a_spreadsheet_without_a_tab_means_all_of_them(settings: FetchSettings) -> None:
    request = request_for("docs", "spreadsheet", "three_tabs_1")
    events = run(settings, request)
    discovered = [item for item in events if item.event_type is EventType.DISCOVERED]
    assert [item.media_id for item in discovered] == ["three_tabs_1,0", "three_tabs_1,77"]
    assert [item.details["title"] for item in discovered] == ["Second", "Third <3"]
    assert discovered[1].asset_id == asset_id("7", "docs", "three_tabs_1,77", "spreadsheet")
    assert (events[-1].asset_id, events[-1].details["tabs"]) == (request.asset_id, 3)
    tab = run(settings, request_for("docs", "spreadsheet", "three_tabs_1,77"))
    assert (settings.data_dir / str(tab[-1].local_path)).read_bytes() == b"x77"
    assert [item.event_type for item in tab] == [EventType.DOWNLOADED]


def test_the_tabs_of_an_older_share_take_its_key_along(settings: FetchSettings) -> None:
    url = f"https://docs.google.com/spreadsheets/d/0B7old_tabs_0/edit?resourcekey={WORD}"
    request = request_for("docs", "spreadsheet", "0B7old_tabs_0", url_as_found=url)
    events = run(settings, request)
    keys = [
        classify(item.details["url_as_found"]).resource_key
        for item in events
        if item.event_type is EventType.DISCOVERED
    ]
    assert keys == [WORD, WORD]


@pytest.mark.parametrize("tail", ["", "&gid=0"])
def test_tabs_are_also_found_in_the_script_of_the_page(
    net: FakeInternet, tmp_path: Path, tail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "".join(
        f'items.push({{name: "{title}", pageUrl: "https:\\/\\/x{tail}", gid: "{gid}"}});'
        for gid, title in TABS
    )
    page = WebResponse(f"<html><script>{script}</script></html>".encode())
    monkeypatch.setattr("tests.fakes.google._tabs_page", lambda *_: page)
    events = run(settings_for(net, tmp_path), request_for("docs", "spreadsheet", "three_tabs_1"))
    assert [item.media_id for item in events[:2]] == ["three_tabs_1,0", "three_tabs_1,77"]


@pytest.mark.parametrize("tail", ["<li id='sheet-button-0'>One</li>", ""])
def test_what_a_spreadsheet_is_called_is_no_refusal(
    net: FakeInternet, tmp_path: Path, tail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = f"<title>Quota - try again</title><div id='sheets-viewport'></div>{tail}</html>"
    monkeypatch.setattr(
        "tests.fakes.google._tabs_page", lambda *_: WebResponse(f"<html>{cells}".encode())
    )
    events = run(settings_for(net, tmp_path), request_for("docs", "spreadsheet", "three_tabs_1"))
    assert events[-1].details["complete"] is True


@pytest.mark.parametrize(
    "page",
    [
        b"<html><body><ul id='sheet-menu'><li id='sheet-button-0'>One</li>",
        b"<html><head><title>Sorry, unable to open the file</title></head><body></body></html>",
        b"<html><head><title>Before you continue</title></head><body></body></html>",
        404,
        503,
    ],
)
def test_tabs_that_nobody_told_of_are_not_taken_for_none(
    net: FakeInternet, tmp_path: Path, page: bytes | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(page, int):
        net.site.faults.append(Fault("/htmlview", page, 9))
    else:
        answer = WebResponse(page)
        monkeypatch.setattr("tests.fakes.google._tabs_page", lambda *_: answer)
    [event] = run(settings_for(net, tmp_path), request_for("docs", "spreadsheet", "three_tabs_1"))
    assert event.event_type is EventType.DOWNLOADED
    assert event.details["complete"] is False
    assert "Only the first tab is known" in event.details["incomplete_because"]


def test_hidden_tabs_and_charts_are_no_tabs_for_readers(
    settings: FetchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    properties = [
        {"sheetId": 0, "title": "A"},
        {"sheetId": 5, "title": "Hidden", "hidden": True},
        {"sheetId": 6, "title": "A chart", "sheetType": "OBJECT"},
        {"sheetId": 7, "sheetType": "GRID"},
    ]
    body, asked = json.dumps({"sheets": [{"properties": item} for item in properties]}), []

    @contextmanager
    def opened(url: str, _: object, headers: dict[str, str]) -> Iterator[SimpleNamespace]:
        asked.append((url, headers))
        yield SimpleNamespace(status=200)

    monkeypatch.setattr(tabs, "read_page", lambda _: body)
    client: Any = SimpleNamespace(open=opened)
    api: Any = SimpleNamespace(headers=lambda: {"a": "key"})
    listed = tabs._by_api(client, settings, api, FileId("an_old_sheet", WORD))
    assert listed == [("0", "A"), ("7", "")]
    [(url, headers)] = asked
    assert url.startswith("https://sheets.googleapis.com/v4/spreadsheets/an_old_sheet?fields=")
    assert headers == {"a": "key", "X-Goog-Drive-Resource-Keys": f"an_old_sheet/{WORD}"}


def test_who_is_told_the_same_twice_stops() -> None:
    link = classify(OFFICE.partition("?")[0])
    first = request_for("drive", "file", "office_file1")
    second, _ = as_found(first, link)
    third, _ = as_found(replace(second, provider="drive", asset_kind="file"), link)
    assert third.was == (("drive", "file"), ("drive", "file"))
    was = (("docs", "document"), ("drive", "file"))
    with pytest.raises(AmbiguousError, match="in turn"):
        as_found(replace(second, was=was), link)
