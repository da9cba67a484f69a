"""Which column counts, and which row id is made of several."""

from loaders.columns import WantedColumns, made_row_id, read_titles
from loaders.grid import Cell


def test_of_two_columns_with_one_title_the_first_is_it() -> None:
    columns = read_titles(["Row", "Name", "E-mail", "E-mail"], WantedColumns())
    assert columns.places["email"] == (2,)
    values = columns.values([Cell(text) for text in ("1", "Ann", "a@x.org", "b@x.org")])
    assert values["email"] == "a@x.org"


def test_a_row_id_made_of_several_texts_knows_no_case_and_no_white_space() -> None:
    assert made_row_id(["Ann Ash", "A@x.org"]) == made_row_id(["ann  ash ", "a@X.org"])
    assert made_row_id(["Ann", "Ash"]) != made_row_id(["Annash", ""])
    assert made_row_id(["A@x.org"], is_email=True) == "a@x.org"
    assert made_row_id([" A@x.org "]) == "A@x.org"
    assert made_row_id([" ", ""]) == ""
