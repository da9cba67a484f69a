"""An e-mail cell whose link leads to another address than it shows is told, by every way."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from loaders.sheet import Access, Snapshot, load_sheet
from rowkeeper.core.net.google_api import Credentials
from tests.fakes.sheets import KEY, URL, sheet, sheets_api
from tests.helpers.sheets import tab_of
from tests.helpers.sources import write_rows

HEAD = ["#", "Name", "E-mail", "Type"]
TOLD = "shows another e-mail in cell C2 than the link behind it leads to"


def page(tmp_path: Path, cell: str) -> Snapshot:
    path = tmp_path / "sheet.html"
    head = "".join(f"<td>{title}</td>" for title in HEAD)
    row = f"<td>1</td><td>Ann</td><td>{cell}</td><td>INFP</td>"
    path.write_text(f"<!DOCTYPE html><table><tr>{head}</tr><tr>{row}</tr></table>", "utf-8")
    return load_sheet(str(path))


@pytest.mark.parametrize(
    ("shown", "link", "is_told"),
    [
        ("Ann Lee", "mailto:ann@x.org", True),
        ("", "mailto:ann@x.org", True),
        ("new@x.org", "MailTo:old@x.org", True),
        ("ann@x.org", "mailto:ann@x.org,lee@x.org", True),
        ("ann@x.org", "https://www.google.com/url?q=mailto:lee@x.org", True),
        ("Ann@X.org", "mailto:ann%40x.org?subject=Hi", False),
        ("ann@x.org, lee@x.org", "mailto:lee@x.org", False),
        ("ann@x.org,lee@x.org", "mailto:ann@x.org,%20lee@x.org", False),
        ("Ann &lt;ann@x.org&gt;", "mailto:ann@x.org", False),
        ("ann@x.org", "https://x.org/ann", False),
        ("ann@x.org", "mailto:", False),
    ],
)
def test_an_address_behind_the_text(tmp_path: Path, shown: str, link: str, is_told: bool) -> None:
    snapshot = page(tmp_path, f'<a href="{link}">{shown}</a>')
    assert [TOLD in notice for notice in snapshot.notices] == [True] * is_told
    assert snapshot.rows[-1].values["email"] == shown.replace("&lt;", "<").replace("&gt;", ">")


def test_other_columns_and_titles_are_nothing_to_tell(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "s.xlsx", [HEAD, ["1", "Ann", "a@x.org", "INFP"]])
    book = openpyxl.load_workbook(path)
    for cell in ("B2", "C1"):
        book.worksheets[0][cell].hyperlink = "mailto:else@x.org"
    book.save(path)
    assert load_sheet(str(path)).notices == ()


def test_a_link_that_was_left_behind_in_a_workbook(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "s.xlsx", [HEAD, ["1", "Ann", "new@x.org", "INFP"]])
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["C2"].hyperlink = "mailto:old@x.org"
    book.worksheets[0]["C2"].value = "new@x.org"
    book.save(path)
    (notice,) = load_sheet(str(path)).notices
    assert TOLD in notice


def test_a_persons_chip() -> None:
    shown = sheet(tab_of([HEAD, ["1", "Ann", "Ann Lee", "INFP"]]), True)
    value: dict[str, Any] = shown["data"][0]["rowData"][1]["values"][2]
    value["chipRuns"] = [{"chip": {"personProperties": {"email": "ann@x.org"}}}]
    with sheets_api([]) as fake:
        fake.answer = lambda *_: (200, {"sheets": [shown]})  # type: ignore[method-assign]
        access = Access(credentials=Credentials(api_key=KEY), api_endpoint=fake.url)
        snapshot = load_sheet(URL, access=access)
    (notice,) = snapshot.notices
    assert TOLD in notice
    assert snapshot.rows[1].values["email"] == "Ann Lee"
