"""The Sheets API at its edges: through a proxy, hidden things, odd answers, and no secret shown."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from loaders.grid import Cell, Line, Tab
from loaders.sheet import Access, Snapshot, load_sheet
from loaders.sheets_api import cell_of
from rowkeeper.core.errors import InputError, SourceUnavailableError
from rowkeeper.core.net.google_api import Credentials
from rowkeeper.core.net.route import Route
from tests.fakes.internet import FakeInternet
from tests.fakes.sheets import KEY, SPREADSHEET, URL, service_account, sheet, sheets_api
from tests.fakes.site import Fault, Site

ADDRESS = f"sheets.googleapis.com/v4/spreadsheets/{SPREADSHEET}"
LINES = (Line(1, (Cell("#"), Cell("Name"))), Line(2, (Cell("1"), Cell("Anna"))))
PEOPLE = Tab("7", "People", LINES)


@pytest.fixture(autouse=True)
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.sheets_api.TRIES", 0)


def from_google(body: str, *faults: Fault, source: str = URL) -> Snapshot:
    """The sheet by way of a proxy that answers for Google with ``body``."""
    with FakeInternet(Site(pages={ADDRESS: body}, faults=list(faults))) as internet:
        access = Access(
            route=Route(proxy=internet.proxy, ca_file=internet.ca_file),
            credentials=Credentials(api_key=KEY),
        )
        try:
            return load_sheet(source, access=access)
        finally:
            assert internet.fetched(ADDRESS)  # it went through the proxy, or it went nowhere


def names(snapshot: Snapshot) -> list[str | None]:
    return [row.values["name"] for row in snapshot.rows]


@pytest.mark.parametrize("source", [URL, f"sheets:{SPREADSHEET}", f"sheets:{SPREADSHEET}#gid=7"])
def test_the_api_is_reached_through_the_proxy_with_its_authority(source: str) -> None:
    snapshot = from_google(json.dumps({"sheets": [sheet(PEOPLE, True)]}), source=source)
    assert names(snapshot) == ["Name", "Anna"]
    assert snapshot.source == URL.removesuffix("/edit")


@pytest.mark.parametrize("source", ["sheets:", "sheets:../x", "http://["])
def test_an_address_that_is_none_is_a_sentence(source: str) -> None:
    with pytest.raises(InputError):
        load_sheet(source)


def test_what_the_sheet_hides_is_left_out() -> None:
    hidden, chart = sheet(PEOPLE, True), sheet(Tab("9", "Chart", ()), False)
    hidden["properties"] |= {"hidden": True, "title": "Old"}
    chart["properties"]["sheetType"] = "OBJECT"
    asked: list[str] = []

    def answer(path: str, key: str, authorization: str) -> tuple[int, Any]:
        asked.append(path)
        shown = sheet(PEOPLE, True)
        shown["data"][0]["columnMetadata"] = [{"hiddenByUser": True}, {}]
        return 200, {"sheets": [shown] if "ranges" in path else [hidden, chart, shown]}

    with sheets_api([PEOPLE]) as api:
        api.answer = answer  # type: ignore[method-assign]
        access = Access(credentials=Credentials(api_key=KEY), api_endpoint=api.url)
        snapshot = load_sheet(URL, access=access, row_id=["name"])
    assert names(snapshot) == ["Name", "Anna"]
    assert snapshot.rows[1].values["row_id"] == "Anna"
    assert snapshot.columns.titles == ("Name",)
    assert "hides column A with content" in snapshot.notices[0]
    assert asked[1].count("ranges=") == 1


def test_links_in_notes_are_told() -> None:
    shown, asked = sheet(PEOPLE, True), []
    rows = shown["data"][0]["rowData"]
    rows[1]["values"][1]["note"] = "the second video: https://youtu.be/dQw4w9WgXcQ"
    rows[1]["values"][0]["note"] = "called on Monday"

    def answer(path: str, key: str, authorization: str) -> tuple[int, Any]:
        asked.append(path)
        return 200, {"sheets": [shown]}

    with sheets_api([PEOPLE]) as api:
        api.answer = answer  # type: ignore[method-assign]
        access = Access(credentials=Credentials(api_key=KEY), api_endpoint=api.url)
        snapshot = load_sheet(URL, access=access)
    assert ["comments on B2, left out" in notice for notice in snapshot.notices] == [True]
    assert "note" in asked[1]


@pytest.mark.parametrize(
    ("body", "faults"),
    [("<html>Sign in to the hotel</html>", ()), ("[1]", ()), ("{}", (Fault(ADDRESS, "drop", 9),))],
)
def test_an_answer_that_is_not_the_apis_is_tried_later(
    body: str, faults: tuple[Fault, ...]
) -> None:
    with pytest.raises(SourceUnavailableError, match="did not answer"):
        from_google(body, *faults)


def test_no_log_and_no_repr_shows_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with sheets_api([PEOPLE]) as api:
        access = Access(credentials=Credentials(api_key=KEY), api_endpoint=api.url)
        snapshot = load_sheet(URL, access=access)
        bad = Access(credentials=Credentials(api_key=f"{KEY}€"), api_endpoint=api.url)
        with pytest.raises(InputError, match=r"odd characters in sheet\.api_key") as caught:
            load_sheet(URL, access=bad)
    assert SPREADSHEET in caplog.text
    for shown in (caplog.text, repr(access), str(snapshot), str(caught.value)):
        assert KEY not in shown
    assert caught.value.__suppress_context__


def test_a_token_that_is_late_is_not_a_bad_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)
    with sheets_api([PEOPLE]) as api:
        key = service_account(tmp_path / "key.json", api.url)
        access = Access(credentials=Credentials(file=key), api_endpoint=api.url)
        api.answers = [503] * 9
        with pytest.raises(SourceUnavailableError, match="no token"):
            load_sheet(URL, access=access)
        api.answers = [400]
        with pytest.raises(InputError, match="refuses the key"):
            load_sheet(URL, access=access)
        key.write_text("[]")
        with pytest.raises(InputError, match="no key of a service account"):
            load_sheet(URL, access=access)


def test_links_lose_googles_redirect_as_on_the_page() -> None:
    video = "https://youtu.be/dQw4w9WgXcQ"
    wrapped = f"https://www.google.com/url?q={video}&sa=D"
    assert cell_of({"hyperlink": wrapped}).links == (video,)
    run = {"format": {"link": {"uri": wrapped}}}
    assert cell_of({"textFormatRuns": [run, {"startIndex": 1, **run}]}).links == (video,)


def test_half_characters_and_nuls_of_the_api_are_none() -> None:
    cell = cell_of({"formattedValue": "a\ud800\0", "hyperlink": "https://a.org/\udfff"})
    assert cell == Cell("a\ufffd\ufffd", ("https://a.org/\ufffd",))
