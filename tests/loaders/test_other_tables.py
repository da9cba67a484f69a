"""Two tables on one tab: nobody of the second is taken for somebody of the first."""

import pytest

from rowkeeper.core.errors import InputError
from tests.helpers.sheets import read
from tests.helpers.sources import OTHER, VIDEO

HEAD = ["#", "Name", "Email", "Type", "Video"]
ANN = ["1", "Ann", "a@b.c", "INFP", VIDEO]
BO = ["2", "Bo", "b@b.c", "INFP", OTHER]
PARTS = ["#", "First name", "Last name", "Email"]


@pytest.mark.parametrize(
    "titles",
    [
        ["Name", "ID", "Type", "Email", "Video"],
        ["Name", "Row", "E-mail"],
        ["No", "Full name", "Phone", "Mail", "Link"],
        ["", "ID", "Name", "Email"],
        ["Email", "ID", "Type"],
        ["Name", "ID", "Email (@school)", "Type"],
    ],
)
def test_titles_in_another_order_below_are_a_second_table(titles: list[str]) -> None:
    rows = [HEAD, ANN, [], titles, ["Zed", "9", "INTJ", "z@b.c", OTHER]]
    with pytest.raises(InputError, match=r"second table .* in row 4 \(the first .* in row 1\)"):
        read(rows)


def test_titles_that_the_settings_name_are_titles_below_too() -> None:
    rows = [["#", "Who", "Kind", "Write to"], ["1", "Ann", "INFP", "a@b.c"]]
    columns = {"name": "Who", "type": "Kind", "email": "Write to"}
    with pytest.raises(InputError, match="second table"):
        read([*rows, ["Who", "#", "Write to"], ["Zed", "9", "z@b.c"]], columns)


@pytest.mark.parametrize(
    "row",
    [
        HEAD,
        ["2", "Name", "Email", "Type", "Link"],
        ["Type", "Mail", "n@b.c", "", VIDEO],
        ["Total", "1", "", "", ""],
        ["", "First", "", "Name", ""],
        ["", "Type", "Link", "Name", ""],
        ["Mail", "Name", "n@b.c", "Type", "ID"],
    ],
)
def test_a_row_below_the_titles_is_no_second_table_for_a_word_or_two(row: list[str]) -> None:
    assert len(read([HEAD, ANN, row]).rows) == 3


@pytest.mark.parametrize(
    ("head", "bo"),
    [
        ([*HEAD, "", *HEAD], BO),
        ([*HEAD, *HEAD[:3]], BO[:3]),
        ([*HEAD, "", *HEAD[1:]], BO[1:]),
        ([*HEAD, "", *HEAD, "", *HEAD], [*BO, "", *[""] * 5]),
    ],
)
def test_a_table_beside_the_first_is_told_before_its_links_are_anybodys(
    head: list[str], bo: list[str]
) -> None:
    gap = [""] * (len(head) - len(HEAD) - len(bo))
    with pytest.raises(InputError, match=r"two tables .* the second from column [67] on"):
        read([head, [*ANN, *gap, *bo]])


def test_a_table_beside_one_with_names_in_two_columns_is_told() -> None:
    rows = [[*PARTS, "", *PARTS], ["1", "Ann", "Ash", "a@b.c", "", "2", "Bo", "Bell", "b@b.c"]]
    with pytest.raises(InputError, match="the second from column 6 on"):
        read(rows)


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ([*HEAD, "", *HEAD], [*ANN, "", *ANN]),  # the same people again
        ([*HEAD, "", *HEAD], [*ANN, "", "7", "Ann", "ann@b.c"]),
        ([*HEAD, "", *HEAD], [*ANN, "", "7", "Ann Ash", "a@b.c"]),
        ([*HEAD, "", *HEAD], ANN),
        (["", *HEAD[1:], "", "Name"], [*ANN, "by", "Mum"]),
        ([*HEAD, "Name", "Email"], [*ANN, "Mum", "mum@b.c"]),  # somebody who belongs to them
        (["#", "ID", "Name", "Full name", "Email"], ["1", "A7", "Ann", "Ann Ash", "a@b.c"]),
    ],
)
def test_columns_that_stand_twice_are_not_yet_two_tables(head: list[str], row: list[str]) -> None:
    assert len(read([head, row]).rows) == 2


def test_what_stands_above_the_titles_is_of_no_table() -> None:
    above = ["a", "b", "c", "", "", "", "d", "e", "f"]
    assert len(read([above, [*HEAD, "", *HEAD], [*ANN, "", *ANN]]).rows) == 3


def test_columns_that_the_settings_name_are_those_that_are_meant() -> None:
    rows = [[*HEAD, "", *HEAD], [*ANN, "", *BO]]
    assert len(read(rows, {"name": "Name"}).rows) == 2
