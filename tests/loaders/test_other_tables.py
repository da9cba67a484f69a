"""Two tables on one tab: nobody of the second is taken for somebody of the first."""

import pytest

from rowkeeper.core.errors import InputError
from tests.helpers.sheets import read
from tests.helpers.sources import OTHER, VIDEO

HEAD = ["#", "Name", "Email", "Type", "Video"]
ANN = ["1", "Ann", "a@b.c", "INFP", VIDEO]


@pytest.mark.parametrize(
    "titles",
    [
        ["Name", "ID", "Type", "Email", "Video"],
        ["Name", "Row", "E-mail"],
        ["No", "Full name", "Phone", "Mail", "Link"],
        ["", "ID", "Name", "Email"],
    ],
)
def test_titles_in_another_order_below_are_a_second_table(titles: list[str]) -> None:
    rows = [HEAD, ANN, [], titles, ["Zed", "9", "INTJ", "z@b.c", OTHER]]
    with pytest.raises(InputError, match=r"second table .* in row 4 \(the first .* in row 1\)"):
        read(rows)


@pytest.mark.parametrize(
    "row",
    [
        HEAD,
        ["2", "Name", "Email", "Type", "Link"],
        ["Type", "Mail", "n@b.c", "", VIDEO],
        ["Total", "1", "", "", ""],
        ["", "First", "", "Name", ""],
    ],
)
def test_a_row_below_the_titles_is_no_second_table_for_a_word_or_two(row: list[str]) -> None:
    assert len(read([HEAD, ANN, row]).rows) == 3


@pytest.mark.parametrize(
    ("head", "bo"),
    [
        ([*HEAD, "", *HEAD], ["2", "Bo", "b@b.c", "INTJ", OTHER]),
        ([*HEAD, *HEAD[:3]], ["2", "Bo", "b@b.c"]),
        ([*HEAD, "", *HEAD[1:]], ["Bo", "b@b.c", "INTJ", OTHER]),
    ],
)
def test_a_table_beside_the_first_is_told_before_its_links_are_anybodys(
    head: list[str], bo: list[str]
) -> None:
    gap = [""] * (len(head) - len(HEAD) - len(bo))
    with pytest.raises(InputError, match=r"two tables .* the second from column [67] on"):
        read([head, [*ANN, *gap, *bo]])


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ([*HEAD, "", *HEAD], [*ANN, "", *ANN]),  # the same people again
        ([*HEAD, "Name", "Email"], [*ANN, "Mum", "mum@b.c"]),  # somebody who belongs to them
        (["#", "ID", "Name", "Full name", "Email"], ["1", "A7", "Ann", "Ann Ash", "a@b.c"]),
    ],
)
def test_columns_that_stand_twice_are_not_yet_two_tables(head: list[str], row: list[str]) -> None:
    assert len(read([head, row]).rows) == 2
