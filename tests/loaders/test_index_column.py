"""Rows of a text file that have a cell more than its titles, or one less."""

from pathlib import Path

import pytest

from loaders.sheet import load_sheet
from rowkeeper.core.errors import InputError

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
