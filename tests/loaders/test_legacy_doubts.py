"""Legacy CSVs in which rows would pass for others: put together, reordered, with broken quotes."""

from pathlib import Path

import pytest

from loaders.legacy_reading import load_legacy_csv
from rowkeeper.core.errors import InputError
from tests.helpers.csv_files import COLUMNS, HEADER, csv_text, write

FIVE = "row_id,name,email,type,link"
ANN = "1,Ann Ash,ann@x.org,T,https://youtu.be/aaaaaaaaaaa"


@pytest.mark.parametrize(
    "titles",
    [
        "row_id,email,name,type,link",
        "ID,Name,Type,Email,Link",
        "\ufeffrow_id,name,email,link,type",
        ",".join(("row_id", "email", "name", *COLUMNS[3:])),
    ],
)
def test_titles_again_in_another_order_are_refused(tmp_path: Path, titles: str) -> None:
    path = write(tmp_path / "a.csv", f"{FIVE}\n{ANN}\n{titles}\n2,bob@x.org,Bob Birk,T,\n")
    with pytest.raises(
        InputError, match=r"a\.csv has titles again on line 3, in another order than"
    ):
        load_legacy_csv([path])


@pytest.mark.parametrize(
    "titles", [FIVE, "ID,Name,E-Mail,Type,Links", f"\ufeff{FIVE}", HEADER, "#,Code,x", "No,Name"]
)
def test_titles_again_in_the_same_order_part_two_files(tmp_path: Path, titles: str) -> None:
    path = write(tmp_path / "a.csv", f"{FIVE}\n{ANN}\n{titles}\n2,Bob Birk,bob@x.org,T,\n")
    (file,) = load_legacy_csv([path])
    rows = list(file.rows())
    assert [row.is_header for row in rows] == [False, titles.count(",") > 2, False]
    assert rows[2].values["name"] == "Bob Birk"


def test_titles_of_one_s_own_are_titles_again(tmp_path: Path) -> None:
    columns = {"row_id": "Code", "name": "Who", "email": "Where", "type": "What"}
    text = "Code,Who,Where,What\n1,Ann,ann@x.org,T\nCode,Who,Where,What\n"
    (file,) = load_legacy_csv([write(tmp_path / "a.csv", text)], columns)
    assert [row.is_header for row in file.rows()] == [False, True]
    swapped = f"{text}Code,Where,Who,What\n"
    with pytest.raises(InputError, match="titles again on line 4"):
        load_legacy_csv([write(tmp_path / "b.csv", swapped)], columns)


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (FIVE, ['40,"Rob,rob@x.org,T,link', '41,Sue",sue@x.org,T,link']),
        (FIVE, ['40,Rob,"rob@x.org,T,link', "42,Tom,tom@x.org,T,link", '41,Sue,sue@x.org",T,link']),
        (FIVE, ['40,Rob,rob@x.org,"T,link', '41,Sue,sue@x.org,T",link']),
        (FIVE, ['40,Rob,rob@x.org,T,"link', '41,Sue,-,T,link"']),
        (FIVE, ['"40,Rob,rob@x.org,T,link', '41",Sue,-,T,link']),
        (FIVE.replace(",", ";"), ['40;"Rob;rob@x.org;T;link', '41;Sue";sue@x.org;T;link']),
    ],
)
def test_a_row_within_a_cell_is_refused(tmp_path: Path, header: str, rows: list[str]) -> None:
    path = write(tmp_path / "a.csv", "\n".join([header, *rows, ""]))
    with pytest.raises(InputError, match="a row within a cell of the record that starts on line 2"):
        load_legacy_csv([path])


def test_a_text_over_lines_is_no_row_within_a_cell(tmp_path: Path) -> None:
    text = "1,2,3,4,5,6,7,8,9,10,11,12\nA list, of words, and\n2,3,4,5,6,7,8,9,10,11,12,13,14"
    row = ["1", "Ann\nAsh", "ann@x.org,\na@y.org", "T", *[""] * 5, text, *[""] * 11]
    (file,) = load_legacy_csv([write(tmp_path / "a.csv", csv_text([list(COLUMNS), row]))])
    assert next(file.rows()).values["document_text"] == text


@pytest.mark.parametrize(
    "header",
    [
        "row_id,type,name,email,link,extracted_links,processed",
        "row_id,name,type,link",
        "row_id,email,name,type,link,processed",
    ],
)
def test_a_row_of_another_width_below_other_columns_is_kept_apart(
    tmp_path: Path, header: str
) -> None:
    """It lost or gained a cell: no generation ever had these columns in this order."""
    text = f"{header}\n51,FF-x,Uma Ulm,,https://youtu.be/aaaaaaaaaaa\n"
    (file,) = load_legacy_csv([write(tmp_path / "a.csv", text)])
    (row,) = file.rows()
    assert (row.generation, row.values) == (None, {})
