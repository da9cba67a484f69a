"""The sheet three ways, side by side: the published page, the Sheets API, a file."""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
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
    found = read_tabs(read_page(str(tmp_path / "samples" / "sheet.html")))
    return [
        Tab(tab.gid, TITLE if tab.gid == str(GID) else f"Tab {tab.gid}", tab.lines) for tab in found
    ]


@pytest.fixture
def api(tabs: list[Tab]) -> Iterator[SheetsApi]:
    with sheets_api(tabs) as found:
        yield found


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
    found = []
    for source in sources:
        context = Context(load_settings({"sheet.source": source}), engine)
        ingest(context.settings, engine)
        build(context)
        found.append(_tables(engine))
    assert found[1] == found[0]
    assert found[2] == found[0]
    assert found[0][0]


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
    found = load_sheet(URL, TITLE, access=access(api, file=key))
    assert (found.tab_gid, found.tab_title) == (str(GID), TITLE)
    assert any("/token" in path for path in api.requests)
    assert TOKEN not in str(found)


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


def test_a_formula_and_a_number_in_a_workbook(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["#", "Name", "Type", "Email"])
    video = "https://youtu.be/dQw4w9WgXcQ"
    page.append([7.0, f'=HYPERLINK("{video}", "Anna ""A""")', True, None])
    page.append([8, f'=hyperlink( "https://www.google.com/url?q={video}&sa=D" )', None, None])
    page.append([9, f'=HYPERLINK("{video}"; A2)', None, None])
    page.column_dimensions["D"].hidden = True
    book.create_sheet("Hidden", 0).sheet_state = "hidden"
    book.save(tmp_path / "sheet.xlsx")
    found = load_sheet(str(tmp_path / "sheet.xlsx"))
    rows = found.rows[1:]
    assert "hides column D with content" in found.notices[0]
    values = rows[0].values
    assert (values["row_id"], values["type"], values["email"]) == ("7", "TRUE", None)
    wrapped = f"https://www.google.com/url?q={video}&sa=D"
    assert [row.values["name"] for row in rows] == ['Anna "A"', wrapped, ""]
    assert [dict(row.named)["name"].links for row in rows] == [(video,)] * 3


@pytest.mark.parametrize(
    ("formula", "links"),
    [
        ('=IF(1=1,HYPERLINK("{0}","x"),"")', "0"),
        ('=IFERROR(HYPERLINK("{0}"),"")', "0"),
        ('=+HYPERLINK("{0}","x")', "0"),
        ('=IMAGE("{2}")', "2"),
        ('=HYPERLINK("{0}","a")&" "&HYPERLINK("{1}","b")', "01"),
        ('=HYPERLINK("{0}","{1}")', "01"),
        ('=HYPERLINK("https://youtu.be/" & "dQw4w9WgXcQ","x")', "0"),
        ('=HYPERLINK(CONCATENATE("https://youtu.be/", "dQw4w9WgXcQ"),"x")', "0"),
        ('="see ""{0}"" and {1}"', "01"),
        ('=HYPERLINK(A2,"{1}")', "1"),
        ('=IMPORTRANGE("{2}","A1")&"{0}"', "0"),
        ('=IFERROR(__xludf.DUMMYFUNCTION("IMPORTRANGE(""{2}"",""A1"")"),"{1}")', "1"),
        ('=IF(A1="1.5:1","a/b","")', ""),
    ],
)
def test_a_formula_loses_no_link(tmp_path: Path, formula: str, links: str) -> None:
    import openpyxl

    urls = [
        "https://youtu.be/dQw4w9WgXcQ",
        "https://vimeo.com/1",
        "https://drive.google.com/uc?id=1",
    ]
    book = openpyxl.Workbook()
    for row in (["#", "Name", "x"], [7, "Ann", formula.format(*urls)]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "sheet.xlsx")
    cell = dict(load_sheet(str(tmp_path / "sheet.xlsx")).rows[1].named).get("x", Cell())
    assert cell.links == tuple(urls[int(number)] for number in links)


ID = "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("formula", "links", "is_told"),
    [
        ('=HYPERLINK("https://youtu.be/"&D2,"x")', f"https://youtu.be/{ID}", False),
        ('=HYPERLINK("https://youtu.be/"&$D$2&"?t="&E2)', f"https://youtu.be/{ID}?t=7", False),
        ('=HYPERLINK(CONCATENATE("https://youtu.be/",(D2)),"x")', f"https://youtu.be/{ID}", False),
        ('=HYPERLINK(_xlfn.CONCAT(F2;D2),"x")', f"https://youtu.be/{ID}", False),
        ('=IF(E2,HYPERLINK(F2&D2,"https://vimeo.com/1"),"")',
         f"https://youtu.be/{ID} https://vimeo.com/1", False),
        ('=HYPERLINK(F2,"x")', "https://youtu.be/", False),
        ('=HYPERLINK("https://youtu.be/"&Z9,"x")', "https://youtu.be/", True),
        ('=HYPERLINK(Other!A1&D2,"x")', "", True),
        ('=HYPERLINK("https://youtu.be/"&MID(D2,1,11),"x")', "https://youtu.be/", True),
        ('=HYPERLINK("https://youtu.be/"&D2:E2,"x")', "https://youtu.be/", True),
        ('=HYPERLINK("https://youtu.be/"&G2,"x")', "https://youtu.be/", True),
        ('=HYPERLINK(' + "(" * 30 + "D2" + ")" * 30 + ',"x")', "", True),
    ],
)  # fmt: skip
def test_a_link_that_a_formula_puts_together_is_found_or_told(
    tmp_path: Path, formula: str, links: str, is_told: bool
) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    day = datetime(2026, 1, 2)
    for row in (
        ["#", "Name", "x", "id", "n", "host", "day"],
        [7, "Ann", formula, ID, 7.0, "https://youtu.be/", day],
    ):
        book.worksheets[0].append(row)
    book.create_sheet("Other").append(["https://youtu.be/"])
    book.save(tmp_path / "sheet.xlsx")
    found = load_sheet(str(tmp_path / "sheet.xlsx"))
    assert dict(found.rows[1].named).get("x", Cell()).links == tuple(links.split())
    assert (
        any("formulas in cell C2 that put a link" in notice for notice in found.notices) == is_told
    )


def test_a_formula_that_cells_share_means_the_cells_beside_each(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    formula = '=HYPERLINK("https://youtu.be/"&D2,"x")'
    for row in (["#", "Name", "x", "id"], [1, "Ann", formula, ID], [2, "Bob", "=1", ID[::-1]]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "sheet.xlsx")
    path = tmp_path / "sheet.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = (
        parts[name]
        .replace(b"<f>HYPERLINK", b'<f t="shared" ref="C2:C3" si="0">HYPERLINK')
        .replace(b"<f>1</f>", b'<f t="shared" si="0"/>')
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    rows = load_sheet(str(path)).rows[1:]
    assert [dict(row.named)["x"].links for row in rows] == [
        (f"https://youtu.be/{ID}",),
        (f"https://youtu.be/{ID[::-1]}",),
    ]


@given(st.integers(0, 10**6), st.integers(1, 60))
def test_a_damaged_workbook_is_read_or_refused(
    workbook: list[tuple[str, bytes]], place: int, length: int
) -> None:
    whole = sum(len(data) for _, data in workbook)
    packed, left = io.BytesIO(), place % whole
    with zipfile.ZipFile(packed, "w") as target:
        for name, data in workbook:
            cut = data[:left] + data[left + length :] if 0 <= left < len(data) else data
            left -= len(data)
            target.writestr(name, cut)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(packed.getvalue())
        file.flush()
        with suppress(InputError):
            load_sheet(file.name)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    """The parts of a small XLSX: their names and bytes."""
    lines = [("#", "Name"), ("1", "Anna")]
    people = [Line(i, tuple(Cell(text) for text in row)) for i, row in enumerate(lines, 1)]
    path = tmp_path_factory.mktemp("book") / "sheet.xlsx"
    with zipfile.ZipFile(write_xlsx(path, [Tab("0", TITLE, tuple(people))])) as source:
        return [(name, source.read(name)) for name in source.namelist()]


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


ROWS = [["1", "Ann Ash", "ann@x.org", "T"], ["2", "Bo Bay", "bo@x.org", ""]]


@pytest.mark.parametrize(
    ("titles", "index", "more", "found"),
    [
        (["#", "Name", "Email", "Type"], ["0", "1"], [], True),
        (["#", "Name", "Email", "Type"], ["7", "3"], [], True),
        (["#", "Name", "Email", "Type"], [], [""], False),  # a separator too many
        (["#", "Name", "Email", "Type"], [], ["a note"], False),
        (["#", "Name", "Contact", "Type"], ["1", "2"], [], True),
        (["#", "Name", "Contact", "Type"], [], [""], False),
    ],
)
def test_an_index_without_a_title_in_a_text_file(
    tmp_path: Path, titles: list[str], index: list[str], more: list[str], found: bool
) -> None:
    rows = [[*index[place : place + 1], *row, *more] for place, row in enumerate(ROWS)]
    lines = [["People of the team"], titles, *rows, [], [","]]
    path = tmp_path / "sheet.csv"
    path.write_text("\n".join(map(",".join, lines)) + "\n", "utf-8")
    if found:
        with pytest.raises(InputError, match="give the index a title before the others in row 2"):
            load_sheet(str(path))
        return
    snapshot = load_sheet(str(path))
    people = [row.values for row in snapshot.rows if not row.is_header and row.values["name"]]
    assert [(one["row_id"], one["name"]) for one in people] == [("1", "Ann Ash"), ("2", "Bo Bay")]
    assert not [said for said in snapshot.notices if "cells than titles" in said]


@pytest.mark.parametrize("count", [2, 4])  # up to half of them
def test_a_row_of_a_text_file_that_is_shifted_is_told(tmp_path: Path, count: int) -> None:
    rows = ("1,Ann Ash,a@x.org", "2,Bay, Bo,b@x.org", "3,Cy Cox,c@x.org,a note", "4,Di,d@x.org")
    (tmp_path / "sheet.csv").write_text("\n".join(("#,Name,Email", *rows[:count])), "utf-8")
    (said,) = load_sheet(str(tmp_path / "sheet.csv")).notices
    assert "more cells than titles in row 3, and" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Name,Email\n0,Ann,a@x.org\n1,Bo,b@x.org\n", "number the rows: give the index a title"),
        (
            ",Name,Email\n0,1,Ann,a@x.org\n1,2,Bo,b@x.org\n",
            "number the rows: give the index a title",
        ),
        ("#,Name,Email\n1,Ash, Ann,a@x.org\n2,Bay, Bo,b@x.org\n", "in rows 2, 3, and the e-mail"),
        ("#,Name,Email\nr1,1,Ann,a@x\nr2,2,Bo,b@x\n", "give each column a title"),
        ("#,Name,Email\n0,0,1,Ann,a@x\n1,1,2,Bo,b@x\n", "give each column a title"),
        ("#,Name,Email\n0,1,Ann,a@x\n0,2,Bo,b@x\n", "give each column a title"),
        ("#:Name:Email\n1:Ann:a@x.org\n", r"row 1 the titles '#:Name:Email', .* separated by ':'"),
        ('"#,Name,Email"\n"1,Ann,a@x.org"\n', "its lines stand in quotes as a whole"),
    ],
)
def test_a_text_file_that_would_shift_its_people_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "sheet.csv").write_text(text, "utf-8")
    with pytest.raises(InputError, match=words):
        load_sheet(str(tmp_path / "sheet.csv"))
