"""The sheet three ways, side by side: the published page, the Sheets API, a file."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.grid import Cell, Line, Tab, read_tabs, without_blank_ends
from loaders.page import read_page
from loaders.pipeline import ingest
from loaders.sheet import Access, Snapshot, load_sheet
from loaders.sheets_api import cell_of, spreadsheet_id
from loaders.workbook import text_of
from rowkeeper.core.errors import InputError, SourceUnavailableError
from rowkeeper.core.net.google_api import Credentials
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.fakes.sheets import KEY, TOKEN, URL, SheetsApi, service_account, sheets_api, write_xlsx
from tests.helpers.samples import GID, make_samples

TITLE = "People"


@pytest.fixture(autouse=True)
def few_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.sheets_api.TRIES", 1)


@pytest.fixture
def tabs(tmp_path: Path) -> list[Tab]:
    """The tabs of the sample page, with titles as the API would have them."""
    make_samples(tmp_path / "samples", 40, 5)
    tab_list = read_tabs(read_page(str(tmp_path / "samples" / "sheet.html")))
    return [
        Tab(tab.gid, TITLE if tab.gid == str(GID) else f"Tab {tab.gid}", tab.lines)
        for tab in tab_list
    ]


@pytest.fixture
def api(tabs: list[Tab]) -> Iterator[SheetsApi]:
    with sheets_api(tabs) as running:
        yield running


def access(api: SheetsApi, **credentials: Any) -> Access:
    given = credentials or {"api_key": KEY}
    return Access(credentials=Credentials(**given), api_endpoint=api.url)


def seen(snapshot: Snapshot, *, links: bool = True) -> list[Any]:
    """What a row says, whichever way it came: its number, its cells, its links by column."""
    return [
        (
            row.number,
            row.is_header,
            tuple(row.values.items()),
            tuple((name, cell.links) for name, cell in row.named if cell.links) if links else (),
        )
        for row in snapshot.rows
        if any(row.values.values())
    ]


def test_the_three_ways_give_the_same_rows(api: SheetsApi, tabs: list[Tab], tmp_path: Path) -> None:
    page = load_sheet(str(tmp_path / "samples" / "sheet.html"))
    by_api = load_sheet(f"{URL}#gid={GID}", access=access(api))
    workbook = load_sheet(str(write_xlsx(tmp_path / "sheet.xlsx", tabs)))
    assert len(seen(page)) > 40
    assert seen(by_api) == seen(page)
    assert seen(workbook) == seen(page)
    people = next(tab for tab in tabs if tab.title == TITLE)
    with (tmp_path / "sheet.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for line in people.lines:
            writer.writerow([cell.text for cell in line.cells])
    plain = load_sheet((tmp_path / "sheet.csv").as_uri())
    assert seen(plain, links=False) == seen(page, links=False)
    assert KEY not in str(api.requests)
    assert "includeGridData=true" in api.requests[-1]
    assert by_api.source == URL.removesuffix("/edit")


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_the_three_ways_give_equal_tables(
    engine: Target, api: SheetsApi, tabs: list[Tab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWKEEPER_SHEET_API_KEY", KEY)
    monkeypatch.setenv("ROWKEEPER_SHEET_API_ENDPOINT", api.url)
    sources = [
        str(tmp_path / "samples" / "sheet.html"),
        f"{URL}?gid={GID}",
        str(write_xlsx(tmp_path / "sheet.xlsx", tabs)),
    ]
    tables = []
    for source in sources:
        context = Context(load_settings({"sheet.source": source}), engine)
        ingest(context.settings, engine)
        build(context)
        tables.append(_tables(engine))
    assert tables[1] == tables[0]
    assert tables[2] == tables[0]
    assert tables[0][0]


def _tables(target: Target) -> list[list[Row]]:
    columns = {
        "people": "row_id, name, email, personality_type, source_link, email_address, in_sheet, "
        "typing_document_link, status, notes",
        "assets": "asset_id, person_row_id, asset_type, original_url, is_wanted",
        "people_history": "row_id, version, name, email, personality_type, valid_to is null",
        "people_lookalikes": "row_ids, shared, likeness",
    }
    with connect(target) as warehouse:
        return [
            sorted(warehouse.query(f"select {names} from {target.schema}.{table}"), key=str)
            for table, names in columns.items()
        ]


def test_a_private_sheet_is_read_with_a_service_account(api: SheetsApi, tmp_path: Path) -> None:
    key = service_account(tmp_path / "key.json", api.url)
    snapshot = load_sheet(URL, TITLE, access=access(api, file=key))
    assert (snapshot.tab_gid, snapshot.tab_title) == (str(GID), TITLE)
    assert any("/token" in path for path in api.requests)
    assert TOKEN not in str(snapshot)


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        ([403], InputError, "share it with the service account"),
        ([404], InputError, "There is no sheet"),
        ([400], InputError, "refuses to read"),
        ([503, 503], SourceUnavailableError, "run again in a few minutes"),
        ([429, 429], SourceUnavailableError, "run again in a few minutes"),
    ],
)
def test_what_the_api_refuses_is_said_in_words(
    api: SheetsApi, answers: list[int], error: type[Exception], said: str
) -> None:
    api.answers = answers
    with pytest.raises(error, match=said) as caught:
        load_sheet(URL, access=access(api))
    assert KEY not in str(caught.value)


def test_a_passing_fault_is_tried_again(api: SheetsApi) -> None:
    api.answers = [503]
    assert load_sheet(f"{URL}?gid={GID}", access=access(api)).rows


def test_without_a_key_a_spreadsheet_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Publish to web, or set sheet\.api_key"):
        load_sheet(URL)
    (tmp_path / "key.json").write_text("{}")
    with pytest.raises(InputError, match="no key of a service account"):
        load_sheet(URL, access=Access(credentials=Credentials(file=tmp_path / "key.json")))
    with pytest.raises(SourceUnavailableError, match="did not answer"):
        load_sheet(
            URL,
            access=Access(credentials=Credentials(api_key=KEY), api_endpoint="http://127.0.0.1:9/"),
        )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (URL, True),
        (f"{URL}?usp=sharing#gid=7", True),
        (URL.replace("/d/", "/u/3/d/"), True),
        (URL.removesuffix("/edit"), True),
        ("https://docs.google.com/spreadsheets/d/e/2PACX-1vQabcdefghijklmnop/pubhtml", False),
        (URL.replace("/edit", "/pubhtml"), False),
        ("https://docs.example.com/spreadsheets/d/1SheetSheetSheetSheetSheet/edit", False),
        ("sheet.html", False),
    ],
)
def test_which_address_is_a_spreadsheet(source: str, found: bool) -> None:
    assert (spreadsheet_id(source) is not None) == found


@pytest.mark.parametrize("name", ["sheet.csv", "sheet.xlsx"])
def test_a_bad_file_is_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="can't be read"):
        load_sheet(str(tmp_path / name))
    (tmp_path / name).write_bytes(b'PK"\x03\x04 no"such,"file')
    with pytest.raises(InputError, match=r"save it again|no name column"):
        load_sheet(str(tmp_path / name))


def test_all_links_of_a_cell_of_the_api_in_their_order() -> None:
    value = {
        "formattedValue": "a b c",
        "hyperlink": "https://whole",
        "textFormatRuns": [
            {"startIndex": 4, "format": {"link": {"uri": "https://second"}}},
            {"format": {"link": {"uri": "https://first"}}},
            {"startIndex": 5, "format": {}},
        ],
        "chipRuns": [
            {"startIndex": 2, "chip": {"richLinkProperties": {"uri": "https://chip"}}},
            {"startIndex": 3, "chip": {"personProperties": {"email": "a@x.org"}}},
        ],
    }
    links = ("https://first", "https://chip", "mailto:a@x.org", "https://second")
    assert cell_of(value) == Cell("a b c", links)
    assert cell_of({"formattedValue": "a", "hyperlink": "https://whole"}).links == (
        "https://whole",
    )
    assert cell_of({}) == Cell()


@given(st.one_of(st.integers(), st.floats(allow_nan=False), st.text(), st.booleans(), st.none()))
def test_a_value_is_shown_as_a_sheet_shows_it(value: Any) -> None:
    shown = text_of(value)
    if isinstance(value, str):
        assert shown == value
    elif isinstance(value, float):
        assert float(shown) == value
    assert not shown.endswith(".0") or isinstance(value, str)


@given(st.lists(st.lists(st.sampled_from(["", "a"]), max_size=4), max_size=5))
def test_blank_ends_are_no_content(texts: list[list[str]]) -> None:
    lines = [Line(i, tuple(map(Cell, row))) for i, row in enumerate(texts, 1)]
    kept = without_blank_ends(lines)
    assert without_blank_ends(list(kept)) == kept
    filled = {
        (line.number, place) for line in lines for place, c in enumerate(line.cells) if c.text
    }
    assert filled == {
        (line.number, place) for line in kept for place, c in enumerate(line.cells) if c.text
    }
    assert not kept or kept[-1].cells
