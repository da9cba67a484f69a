"""Text files and workbooks as sheets: read as what they hold, and what was assumed is told."""

import gzip
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment

from loaders.sheet import configured_sheet, load_sheet
from rowkeeper.core.errors import InputError
from rowkeeper.core.settings import load_settings
from tests.helpers.sources import VIDEO, first_cells, write_rows


def test_one_stray_line_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    good = "".join(f"{n},Björn {n}\n" for n in range(1, 6)).encode()
    (tmp_path / "s.csv").write_bytes(b"#,Name\n" + good + "6,Jörg\n".encode("cp1252"))
    snapshot = load_sheet(str(tmp_path / "s.csv"))
    assert [row.values["name"] for row in snapshot.rows[1:]] == [
        *(f"Björn {n}" for n in range(1, 6)),
        "Jörg",
    ]
    assert "line 7, read as cp1252" in snapshot.notices[0]


def test_links_in_comments_of_a_workbook_are_told(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "s.xlsx", [["#", "Name"], ["1", "Ann"], ["2", "Bo"]])
    assert load_sheet(str(path)).notices == ()
    book = openpyxl.load_workbook(path)
    for place, text in (("A2", "call her"), ("B2", f"Video: {VIDEO}"), ("D3", VIDEO)):
        book.worksheets[0][place].comment = Comment(text, "Cy")
    book.save(path)
    (notices,) = load_sheet(str(path)).notices
    assert "links in the comments on B2, D3, left out" in notices


def test_a_file_is_read_as_what_it_holds(tmp_path: Path) -> None:
    rows = [["#", "Name", "Video"], ["1", "Ann", VIDEO]]
    page = write_rows(tmp_path / "page.html", rows).read_bytes()
    text = write_rows(tmp_path / "text.csv", rows).read_bytes()
    book = write_rows(tmp_path / "book.xlsx", rows).read_bytes()
    for name, data in (
        *(("export.xls", page), ("page.csv", page), ("list.txt", text), ("list", text)),
        *(("list.csv.gz", gzip.compress(text)), ("book.csv", book), ("book.xls", book)),
    ):
        (tmp_path / name).write_bytes(data)
        assert first_cells(load_sheet(str(tmp_path / name)))[:2] == ["1", "Ann"], name
    (tmp_path / "old.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(InputError, match="old Excel, or locked by a password: save it as XLSX"):
        load_sheet(str(tmp_path / "old.xlsx"))


@pytest.mark.parametrize(
    ("kind", "text", "names", "notice"),
    [
        ("csv", '#, Name, Mail\n1, "Ash, Ann", a@b.c\n2, "Bo", b@b.c\n', ["Ash, Ann", "Bo"], "blanks"),  # noqa: E501
        ("csv", '#,Name,Mail\n1, "Ann",a@b.c\n', [' "Ann"'], None),
        ("csv", '#,Name,Mail\n1, "Ann" Ash,a@b.c\n', [' "Ann" Ash'], None),
        ("csv", '#,Name,Mail\n1,"Ann\n2, ""x""",a@b.c\n', ['Ann\n2, "x"'], None),
        ("tsv", '#\tName\tMail\n1\t"Ann" Ash\ta@b.c\n2\tBo 5"\tb\n', ['"Ann" Ash', 'Bo 5"'], "quotes"),  # noqa: E501
        ("tsv", '#\tName\tMail\n1\t"Ann\tAsh"\ta@b.c\n', ["Ann\tAsh"], None),
    ],
)  # fmt: skip
def test_habits_of_other_programs_are_read_and_told(
    tmp_path: Path, kind: str, text: str, names: list[str], notice: str | None
) -> None:
    (tmp_path / f"s.{kind}").write_text(text)
    snapshot = load_sheet(str(tmp_path / f"s.{kind}"))
    assert [row.values["name"] for row in snapshot.rows[1:]] == names
    assert [notice in said for said in snapshot.notices if notice] == [True] * bool(notice)
    assert len(snapshot.notices) == bool(notice)


def test_a_line_that_is_not_utf_8_is_read_as_the_settings_say(tmp_path: Path) -> None:
    place = tmp_path / "s.csv"
    place.write_bytes("#,Name\n1,Björn\n".encode() + "2,Łucja\n".encode("cp1250"))
    named = {"sheet.source": str(place), "sheet.encoding": "cp1250"}
    snapshot = configured_sheet(load_settings(named))
    assert [row.values["name"] for row in snapshot.rows[1:]] == ["Björn", "Łucja"]
    assert "line 3, read as cp1250" in snapshot.notices[0]


def test_titles_that_were_guessed_at_are_refused_with_the_guess(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes("番号,名前\n1,山田\n".encode("shift_jis"))
    with pytest.raises(InputError, match=r"no name column.*not UTF-8.*save it as UTF-8"):
        load_sheet(str(tmp_path / "s.csv"))


@pytest.mark.parametrize("path", ["C:\\Users\\me\\people.csv", "c:/Users/me/people.html"])
def test_a_path_of_windows_is_told_as_wsl_has_it(path: str) -> None:
    with pytest.raises(InputError, match=r"in WSL, .* is /mnt/c/Users/me/people\.\w+\.$"):
        load_sheet(path)
