"""Row ids and names in other spellings."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.identity import name_key, row_id_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *(("3", "3"), ("3.0", "3"), ("3.00", "3"), ("3,0", "3"), (" 3\u200b", "3")),
        *(("004", "4"), ("000", "0"), ("1,005", "1005"), ("1,005.0", "1005"), ("1'005", "1005")),
        *(("1\u00a0005", "1005"), ("1\u202f234\u202f567", "1234567"), ("\uff11\uff11", "11")),
        *(("\u0661\u0662", "12"), ("\uff10\uff14", "4"), ("", ""), (None, "")),
        # not numbers, or not whole: no two of these are one
        *(("3.1", "3.1"), ("3.10", "3.10"), ("1.005", "1.005"), ("1,05", "1,05")),
        *(("12a", "12a"), ("12A", "12A"), ("\uff12a", "2a"), ("1,005,06", "1,005,06")),
        *(("1,005 006", "1,005 006"), ("-3", "-3"), ("#", "#"), ("1e3", "1e3")),
    ],
)
def test_row_ids_in_every_spelling(text: str | None, key: str) -> None:
    assert row_id_key(text) == key


@given(st.integers(0, 10**9), st.sampled_from(["{}", "{}.0", "00{}", "{:,}", " {} ", "{:,}.00"]))
def test_a_whole_number_counts_by_its_value(number: int, form: str) -> None:
    assert row_id_key(form.format(number)) == str(number)


@given(st.text(max_size=20))
def test_a_key_is_its_own_key(text: str | None) -> None:
    assert row_id_key(row_id_key(text)) == row_id_key(text)
    assert name_key(name_key(text)) == name_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AnnaMaria Beispiel", "Anna Maria  Beispiel"),
        ("Jos\u00e9 N\u00fa\u00f1ez", unicodedata.normalize("NFD", "Jos\u00e9 N\u00fa\u00f1ez")),
        ("Anna\u200b Ash", "anna\u00a0ash"),
        ("STRASSE", "stra\u00dfe"),
        ("\uff21nn Ash", "Ann Ash"),
    ],
)
def test_names_that_only_look_otherwise_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_names_of_others_stay_apart() -> None:
    assert len({name_key(name) for name in ("Jose", "Jos\u00e9", "Josh", "", "Jos-e")}) == 5
