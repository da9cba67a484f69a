"""Files that want to read others: entities in XML and HTML, members of archives that climb out."""

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from loaders.sheet import Snapshot, load_sheet
from rowkeeper.core.errors import InputError
from tests.helpers.samples import GID

DOCTYPE = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file://{}"><!ENTITY one "billion">]>'


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("top secret", "utf-8")
    return path


def workbook(path: Path, changed: dict[str, str]) -> Path:
    """A workbook of one person, with other text in some of its parts, and with further parts."""
    book, plain = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["#", "Name", "Email", "Type"])
    sheet.append(["1", "Ann", "ann@example.org", "FF"])
    book.save(plain)
    with zipfile.ZipFile(plain) as read, zipfile.ZipFile(path, "w") as write:
        for name in read.namelist():
            text = read.read(name).decode()
            if name == "xl/worksheets/sheet1.xml" and "entity" in changed:
                text = changed["entity"] + text.replace("<sheetData>", "<sheetData>&secret;", 1)
            if name == "xl/sharedStrings.xml" and "entity" in changed:
                text = changed["entity"] + text.replace("<t>Ann</t>", "<t>Ann &secret;</t>")
            write.writestr(name, text)
        for name in changed:
            if name != "entity":
                write.writestr(name, changed[name])
    return path


def texts(snapshot: Snapshot) -> str:
    return " ".join(str(row) for row in snapshot.rows)


def test_an_entity_of_a_workbook_reads_no_file(tmp_path: Path, secret: Path) -> None:
    path = workbook(tmp_path / "sheet.xlsx", {"entity": DOCTYPE.format(secret)})
    with pytest.raises(InputError, match=r"sheet\.xlsx declares a document type"):
        load_sheet(str(path))


@pytest.mark.parametrize("name", ["sheet1.XML", "sheet1.dat"])
def test_a_tab_under_another_name_is_looked_through(
    tmp_path: Path, secret: Path, name: str
) -> None:
    path, renamed = workbook(tmp_path / "a.xlsx", {"entity": DOCTYPE.format(secret)}), io.BytesIO()
    with zipfile.ZipFile(path) as read, zipfile.ZipFile(renamed, "w") as write:
        for part in read.namelist():
            if part != "xl/sharedStrings.xml":
                data = read.read(part).replace(b"sheet1.xml", name.encode())
                write.writestr(part.replace("sheet1.xml", name), data)
    path.write_bytes(renamed.getvalue())
    with pytest.raises(InputError, match=r"a\.xlsx declares a document type"):
        load_sheet(str(path))


def test_an_entity_of_a_page_reads_no_file(tmp_path: Path, secret: Path) -> None:
    path = tmp_path / "sheet.html"
    path.write_text(
        f'{DOCTYPE.format(secret)}<html><div id="{GID}"><table class="waffle"><tr><td>#</td>'
        "<td>Name</td></tr><tr><td>1</td><td>Ann &secret;</td></tr></table></div></html>",
        "utf-8",
    )
    snapshot = texts(load_sheet(str(path)))
    assert "Ann" in snapshot
    assert "top secret" not in snapshot


@pytest.mark.parametrize("name", ["../../climbed", "xl/../../climbed", "/climbed"])
def test_no_member_of_a_workbook_is_written_anywhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    path = workbook(tmp_path / "a" / "b" / "sheet.xlsx", {name: "climbed"})
    assert "Ann" in texts(load_sheet(str(path)))
    assert not list(tmp_path.rglob("climbed*"))
    assert not Path("/climbed").exists()


@pytest.mark.parametrize("text", ["<xml><br><p></xml>", "<", "<svg", "", "<a>&nbsp;</a>"])
def test_parts_that_are_no_whole_xml_are_not_the_sheets(tmp_path: Path, text: str) -> None:
    path = workbook(tmp_path / "sheet.xlsx", {"xl/drawings/vmlDrawing1.vml": text})
    assert "Ann" in texts(load_sheet(str(path)))
