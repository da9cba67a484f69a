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
