"""Formulas of a workbook and the links that they make; a workbook that is damaged."""

import io
import tempfile
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.grid import Cell, Line, Tab
from loaders.sheet import load_sheet
from rowkeeper.core.errors import InputError
from tests.fakes.sheets import write_xlsx

TITLE = "People"


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
    snapshot = load_sheet(str(tmp_path / "sheet.xlsx"))
    rows = snapshot.rows[1:]
    assert "hides column D with content" in snapshot.notices[0]
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
    snapshot = load_sheet(str(tmp_path / "sheet.xlsx"))
    assert dict(snapshot.rows[1].named).get("x", Cell()).links == tuple(links.split())
    assert (
        any("formulas in cell C2 that put a link" in notice for notice in snapshot.notices)
        == is_told
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
