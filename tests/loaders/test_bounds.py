"""What is larger than its bounds is refused in a sentence, and what only looks large is read."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from loaders.bounds import Bounds
from loaders.grid import Cell, Line, Tab
from loaders.sheet import Access, Snapshot, load_sheet
from loaders.sheets_api import read_api
from rowkeeper.core.errors import InputError
from rowkeeper.core.net.google_api import Credentials
from tests.fakes.sheets import KEY, sheets_api

SMALL = Bounds(max_bytes=200_000, max_rows=100, max_columns=20, max_cells=1000)
HEAD = ["#", "Name"], ["1", "Ann"]
CELLS = "".join(f"<tr>{row}</tr>" for row in ("<td>#</td><td>Name</td>", "<td>1</td><td>Ann</td>"))


def read(path: Path) -> Snapshot:
    return load_sheet(str(path), access=Access(bounds=SMALL))


def workbook(path: Path, more: str = "", after: str = "", before: str = "") -> Path:
    """A workbook of two rows with raw XML put after them, after the cells and before all."""
    plain = io.BytesIO()
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in HEAD:
        book.active.append(row)
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", 8) as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                text = text.replace("</sheetData>", f"{more}</sheetData>{after}", 1)
                text = before + text.partition("?>")[2] if before else text
            target.writestr(name, text)
    return path


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (('<row r="3"><c r="XFD3" t="str"><v>x</v></c></row>',), "20 columns .*column 16384"),
        (('<row r="999999"><c r="A999999"><v>1</v></c></row>',), "100 rows"),
        ((f"<row r='3'>{'<c/>' * 2000}</row>",), "1,000 cells"),
        (("", '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), "1,000 cells"),
        (("", '<hyperlinks><hyperlink ref="A1:XFD99" location="x"/></hyperlinks>'), "1,000 cells"),
        (("", f"<!--{'x' * 300_000}-->"), "unpacked, has more than 200,000 bytes"),
        (("", "", '<!DOCTYPE a [<!ENTITY b "c">]>'), "declares a document type"),
        (("<a>" * 5000 + "</a>" * 5000,), "save it again|cells"),
    ],
)
def test_a_workbook_beyond_its_bounds_is_refused(
    tmp_path: Path, parts: tuple[str, ...], said: str
) -> None:
    path = workbook(tmp_path / "s.xlsx", *parts)
    assert path.stat().st_size < 40_000
    with pytest.raises(InputError, match=said) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_a_text_that_many_cells_share_counts_for_each(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (*HEAD, *([["2", "x" * 5000]] * 60)):
        book.active.append(row)
    book.save(tmp_path / "s.xlsx")
    with pytest.raises(InputError, match="200,000 bytes"):
        read(tmp_path / "s.xlsx")


def test_stray_formats_and_padding_are_no_cells(tmp_path: Path) -> None:
    stray = "".join(f'<row r="{n}"><c r="XFD{n}" s="0"/></row>' for n in range(3, 400))
    assert len(read(workbook(tmp_path / "s.xlsx", stray)).rows) == 2
    (tmp_path / "s.csv").write_text("#,Name,,,\n1,Ann" + "," * 900 + "\n" + ",,,\n" * 50, "utf-8")
    assert [len(row.named) for row in read(tmp_path / "s.csv").rows] == [2, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,Ann\n" * 200, "100 rows"),
        ("1,Ann" + ",x" * 40 + "\n", r"20 columns \(row 3"),
        ("1,Ann" + "," * 5000 + "\n", "1,000 cells"),
        ("1,Ann,,,,,,,,,,,,,,,x\n" * 90, "1,000 cells"),
        ("1," + "A" * 300_000, "200000 bytes"),
    ],
)
def test_a_text_file_beyond_its_bounds_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "s.csv").write_text("#,Name\n1,Ann\n" + text, "utf-8")
    with pytest.raises(InputError, match=said):
        read(tmp_path / "s.csv")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("<tr><td>2</td></tr>" * 200, "100 rows"),
        (f"<tr>{'<td colspan=1000>x</td>' * 3}</tr>", "20 columns"),
        (
            "<tr><td colspan=1000 rowspan=1000>x</td></tr>" + "<tr><td></td></tr>" * 90,
            "1,000 cells",
        ),
        (f"<tr><td {' '.join(f'a{n}' for n in range(9000))}></td></tr>", "1000 attributes"),
        (f"<tr><td x='>' {' '.join(f'a{n}=1' for n in range(9000))}></td></tr>", "1000 attributes"),
        (f"<!--{'x' * 200_000}-->", "200,000 bytes"),
    ],
)
def test_a_page_beyond_its_bounds_is_refused(tmp_path: Path, rows: str, said: str) -> None:
    path = tmp_path / "s.html"
    path.write_text(f"<!DOCTYPE html><table>{CELLS}{rows}</table>", "utf-8")
    with pytest.raises(InputError, match=said):
        read(path)


def test_runs_of_text_and_long_scripts_are_read(tmp_path: Path) -> None:
    deep = f"<tr><td>2</td><td>{'<b>' * 900}Bo<br>by{'</b>' * 900}!</td></tr>"
    script = "<script>for(i=0;i<9;){" + "a = b; " * 3000 + "}</script>"
    path = tmp_path / "s.html"
    path.write_text(f"<!DOCTYPE html>{script}<table>{CELLS}{deep}</table>", "utf-8")
    snapshot = load_sheet(str(path))
    assert snapshot.rows[2].values["name"] == "Bo\nby!"


def test_the_api_is_held_to_the_bounds_too() -> None:
    lines = [Line(1, tuple(map(Cell, HEAD[0])))]
    lines += [Line(n, tuple(map(Cell, HEAD[1]))) for n in range(2, 150)]
    with sheets_api([Tab("7", "People", tuple(lines))]) as api:
        access = Credentials(api_key=KEY)
        with pytest.raises(InputError, match=r"tab 7 \(People\), has more than 100 rows"):
            read_api("1" + "Sheet" * 8 + "0", access, api.url, bounds=SMALL)
