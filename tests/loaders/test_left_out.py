"""What comes into no table is told, whichever way a sheet comes."""

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from loaders.left_out import hidden_notice
from loaders.sheet import Access, Snapshot, load_sheet
from rowkeeper.core.errors import InputError
from rowkeeper.core.net.google_api import Credentials
from tests.fakes.sheets import KEY, URL, sheet, sheets_api
from tests.helpers.sheets import read, tab_of
from tests.helpers.sources import OTHER, VIDEO, write_rows

HEAD = ["#", "Name", "Type", "Video"]
ROWS = [HEAD, ["1", "Ann", "INFP", VIDEO], ["2", "Bo", "INFP", ""], ["3", "Cy", "", OTHER]]
MERGED = "merged over several rows, D2, C3: what they say was read for the first"


def page(tmp_path: Path, *rows: str) -> Snapshot:
    path = tmp_path / "sheet.html"
    head = "".join(f"<td>{title}</td>" for title in HEAD)
    path.write_text(f"<!DOCTYPE html><table><tr>{head}</tr>{''.join(rows)}</table>", "utf-8")
    return load_sheet(str(path))


def api(answers: list[dict[str, Any]]) -> Snapshot:
    with sheets_api([]) as fake:
        fake.answer = lambda *_: (200, {"sheets": answers})  # type: ignore[method-assign]
        access = Access(credentials=Credentials(api_key=KEY), api_endpoint=fake.url)
        return load_sheet(URL, access=access)


def book_of(path: Path) -> tuple[openpyxl.Workbook, Any]:
    book = openpyxl.load_workbook(write_rows(path, ROWS))
    return book, book.worksheets[0]


def test_a_cell_over_the_rows_of_several_people_is_told_on_a_page(tmp_path: Path) -> None:
    snapshot = page(
        tmp_path,
        f"<tr><td>1</td><td>Ann</td><td>INFP</td><td rowspan=2>{VIDEO}</td>"
        "<td rowspan=2></td></tr>",
        "<tr><td>2</td><td>Bo</td><td rowspan=2>INFP</td></tr>",
        f"<tr><td>3</td><td>Cy</td><td>{OTHER}</td></tr>",
    )
    (notice,) = snapshot.notices
    assert MERGED in notice
    (row,) = [row for row in snapshot.rows if row.values["row_id"] == "2"]
    assert dict(row.named)["link"].text == ""


def test_a_cell_over_rows_in_which_nothing_else_stands_is_nothing_to_tell(tmp_path: Path) -> None:
    snapshot = page(
        tmp_path,
        f"<tr><td>1</td><td>Ann</td><td>INFP</td><td rowspan=2>{VIDEO}</td></tr>",
        "<tr><td></td><td> </td><td></td></tr>",
        f"<tr><td>3</td><td>Cy</td><td></td><td>{OTHER}</td></tr>",
    )
    assert snapshot.notices == ()


def test_a_cell_over_the_rows_of_several_people_is_told_in_a_workbook(tmp_path: Path) -> None:
    book, tab = book_of(tmp_path / "s.xlsx")
    for area in ("D2:D3", "C3:C4", "A6:B9", "A4:B4", "E2:E3"):
        tab.merge_cells(area)
    tab["A6"] = "made by Cy"  # over rows in which nothing else stands
    book.save(tmp_path / "s.xlsx")
    (notice,) = load_sheet(str(tmp_path / "s.xlsx")).notices
    assert MERGED in notice


def test_a_cell_over_the_rows_of_several_people_is_told_by_the_api() -> None:
    shown = sheet(tab_of(ROWS), True)
    shown["merges"] = [
        {"startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": 3, "endColumnIndex": 4},
        {"startRowIndex": 2, "endRowIndex": 4, "startColumnIndex": 2, "endColumnIndex": 3},
        {"endRowIndex": 2, "endColumnIndex": 1},  # from 0 on
    ]
    (notice,) = api([shown]).notices
    assert MERGED in notice


def test_titles_over_two_rows_are_nothing_to_tell(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    book = openpyxl.load_workbook(write_rows(path, [["People"], ["of 2026", "x"], *ROWS]))
    book.worksheets[0].merge_cells("A1:A2")
    book.save(path)
    assert load_sheet(str(path)).notices == ()


@pytest.mark.parametrize(
    ("cell", "is_told"),
    [
        ('<img src="https://lh7.googleusercontent.com/x">', True),
        ('<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"></iframe>', True),
        ('<video src="https://x.org/a.mp4"></video>', True),
        ('<audio src="https://x.org/a.mp3"></audio>', True),
        ('<embed src="https://x.org/a.swf">', True),
        ('<object data="https://x.org/a.swf"></object>', True),
        ('<a name="x"><img src="https://lh7.googleusercontent.com/x"></a>', True),
        (f'<a href="{VIDEO}"><img src="https://i.ytimg.com/vi/x/hq.jpg"></a>', False),
        ('<img src="https://ssl.gstatic.com/docs/doclist/images/icon.png">a chip', False),
    ],
)
def test_pictures_and_players_on_a_page_are_told(tmp_path: Path, cell: str, is_told: bool) -> None:
    snapshot = page(tmp_path, f"<tr><td>1</td><td>Ann</td><td>INFP</td><td>{cell}</td></tr>")
    said = ["pictures or players in cell D2," in notice for notice in snapshot.notices]
    assert said == [True] * is_told


def test_the_foot_of_a_table_has_rows_too(tmp_path: Path) -> None:
    cells = "<td>INFP</td><td></td></tr>"
    snapshot = page(
        tmp_path,
        f"<tfoot><tr><td>3</td><td>Cy</td>{cells}</tfoot>",
        f"<thead><tr><th></th><th>A</th></tr><tr><td>0</td><td>Al</td>{cells}</thead>",
        f"<tbody><tr><td>1</td><td>Ann</td>{cells}</tbody>",
    )
    assert sorted(str(row.values["name"]) for row in snapshot.rows) == ["Al", "Ann", "Cy", "Name"]


def test_formulas_that_nobody_computed_are_told(tmp_path: Path) -> None:
    book, tab = book_of(tmp_path / "s.xlsx")
    tab["B3"], tab["C4"] = '=B2&" Two"', f'=HYPERLINK("{VIDEO}","typing")'
    tab["D2"], tab["C3"], tab["B4"] = "=C2", "=C2", '=IF(C4="a/b","Cy","")'
    book.save(tmp_path / "s.xlsx")
    snapshot = load_sheet(str(tmp_path / "s.xlsx"))
    (notice,) = snapshot.notices
    assert "formulas in cells D2, B3, C3, B4 that no program has computed" in notice
    computed = _with(tmp_path / "s.xlsx", b"</f><v></v>", b"</f><v>7</v>")
    assert load_sheet(str(computed)).notices == ()
    texts = _with(tmp_path / "s.xlsx", b"><f>", b' t="str"><f>')  # of which none is left
    assert load_sheet(str(texts)).notices == ()


def _with(path: Path, old: bytes, new: bytes) -> Path:
    """A workbook with other bytes in its first tab."""
    packed, changed = io.BytesIO(), path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w") as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                assert old in data
                data = data.replace(old, new)
            target.writestr(item, data)
    changed.write_bytes(packed.getvalue())
    return changed


def test_links_on_pictures_of_a_workbook_are_told(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "s.xlsx", ROWS)
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(
            "xl/drawings/_rels/drawing1.xml.rels",
            f'<Relationships xmlns="x"><Relationship Id="r1" Type="{kinds}/hyperlink" '
            f'Target="{OTHER}"/><Relationship Id="r2" Type="{kinds}/image" Target="a.png"/>'
            f'<Relationship Id="r3" Type="{kinds}/hyperlink" Target="a&#10;b"/>'
            f'<Relationship Id="r4" Type="{kinds}/hyperlink" Target="#People!A1"/>'
            f'<Relationship Id="r5" Type="{kinds}/hyperlink"/>'
            "</Relationships>",
        )
    (notice,) = load_sheet(str(path)).notices
    assert f"are in none, left out: {OTHER}, a b; put them" in notice


def test_hidden_columns_are_named_in_their_order_and_no_more_than_fit_a_sentence() -> None:
    assert "hides columns B, I with content" in hidden_notice({9, 2})[0]
    assert ", T and 5 more with content" in hidden_notice(set(range(1, 26)))[0]


def test_hidden_tabs_with_people_are_told(tmp_path: Path) -> None:
    book, _ = book_of(tmp_path / "s.xlsx")
    for title, state, row in (
        ("More", "hidden", HEAD),
        ("Lists", "hidden", ["INFP", "INTJ"]),
        ("Old", "veryHidden", HEAD),
    ):
        tab = book.create_sheet(title)
        tab.append([title])
        tab.append(row)
        tab.sheet_state = state
    book.save(tmp_path / "s.xlsx")
    (notice,) = load_sheet(str(tmp_path / "s.xlsx")).notices
    assert "hides tabs 'More', 'Old', left out" in notice


def test_hidden_tabs_are_told_by_the_api() -> None:
    shown, hidden = sheet(tab_of(ROWS), True), sheet(tab_of(ROWS), True)
    hidden["properties"] |= {"hidden": True, "title": "Old", "sheetId": 9}
    with sheets_api([]) as fake:
        fake.answer = lambda path, *_: (  # type: ignore[method-assign]
            200,
            {"sheets": [shown] if "ranges" in path else [hidden, shown]},
        )
        access = Access(credentials=Credentials(api_key=KEY), api_endpoint=fake.url)
        (notice,) = load_sheet(URL, access=access).notices
        assert "hides tab 'Old', left out" in notice
        asked = load_sheet(URL, str(shown["properties"]["sheetId"]), access=access)
        with pytest.raises(InputError, match="nowhere") as refusal:
            load_sheet(URL, "nowhere", access=access)
    assert asked.notices == ()
    assert "Old" not in str(refusal.value)


@pytest.mark.parametrize(
    ("title", "cells", "many"),
    [
        ("Video ID", ["dQw4w9WgXcQ", "", "aqz-KE-bpKQ"], "2 cells"),
        ("Link", [f"{VIDEO}, aqz-KE-bpKQ", OTHER, ""], "a cell"),
        (" ", ["1AbCdEfGhIjKlMnOpQrStUvWxYz012345", "", ""], "a cell"),
        ("", ["1AbCdEfGhIjKlMnOpQrStUvWxYz012345", "", ""], "a cell"),
        ("Link", [VIDEO, "Anne-Sophie Interview12", "2026-01-02T"], None),
        ("Note", ["INTERVIEW12", "IntervüwAB1", "Anne-Sophie-Interview-Part-2-Final"], None),
        ("E-mail", ["dQw4w9WgXcQ", "", ""], None),
        ("Code", ["550e8400-e29b-41d4-a716-446655440000", "Interview 1", "dQw4w9WgXcQ.mp4"], None),
    ],
)
def test_ids_without_an_address_are_told(title: str, cells: list[str], many: str | None) -> None:
    rows = [["#", "Name", "Type", *filter(None, [title])]]
    rows += [[str(n), f"P {n}", "INFP", cell] for n, cell in enumerate(cells)]
    told = [notice for notice in read(rows).notices if "ids of videos" in notice]
    shown = f"'{title}'" if title.strip() else "4"
    assert [f"has in {many} of column {shown} what may be ids" in one for one in told] == (
        [True] if many else []
    )
