"""Row ids and names in other spellings."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.columns import made_row_id
from loaders.row_keys import RowIds
from rowkeeper.core.identity import compare_key, email_address, row_id_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *(("3", "3"), ("3.0", "3"), ("3.00", "3"), ("3,0", "3"), (" 3\u200b", "3")),
        *(("004", "4"), ("000", "0"), ("1,005", "1005"), ("1,005.0", "1005"), ("1'005", "1005")),
        *(("1\u00a0005", "1005"), ("1\u202f234\u202f567", "1234567"), ("\uff11\uff11", "11")),
        *(("\u0661\u0662", "12"), ("\uff10\uff14", "4"), ("", ""), (None, "")),
        *(("3.0000", "3"), ("3.000000", "3"), ("+3", "3"), ('="004"', "4"), (' ="A-1" ', "A-1")),
        *(("1.005,00", "1005"), ("1.234.567", "1234567"), ("1.234.567,0", "1234567")),
        *(("1,005.000", "1005"), ("1'005.000", "1005"), ("1\u066c005", "1005")),
        *(("\u0663\u066b\u0660", "3"), ("\u0663\u066b\u0660\u0660\u0660", "3"), ("1,000", "1000")),
        *(("'001", "1"), ("'1'005", "1005"), ("''1", "''1"), ("'a", "'a"), ("'", "'")),
        *(("\u200f3", "3"), ("3\u00ad", "3"), ('="="7""', "7"), ('=""', "")),
        *(('\uff1d"7"', "7"), ('=\u200b"7"', "7")),
        # not numbers, or not whole: no two of these are one
        *(("3.1", "3.1"), ("3.10", "3.10"), ("1.005", "1.005"), ("1,05", "1,05")),
        *(("12a", "12a"), ("12A", "12A"), ("\uff12a", "2a"), ("1,005,06", "1,005,06")),
        *(
            ("3.000", "3.000"),
            ("1.0.0", "1.0.0"),
            ("1.005,5", "1.005,5"),
            ("1,005,0000", "1,005,0000"),
        ),
        *(("=3", "=3"), ('="a" or "b', '="a" or "b'), ("++3", "++3"), ("1.00", "1")),
        *(("1,005 006", "1,005 006"), ("-3", "-3"), ("#", "#"), ("1e3", "1e3")),
        *(("#2", "2"), ("# 004", "4"), ("\uff032", "2"), ('="#7"', "7"), ("#12a", "#12a")),
        *(
            ("5e0", "5"),
            ("5E00", "5"),
            ("1E+3", "1000"),
            ("1.00e+03", "1000"),
            ("1,2E+1", "1,2E+1"),
        ),
        *(
            ("##2", "##2"),
            ("1.5e0", "1.5e0"),
            ("1E-3", "1E-3"),
            ("12e0", "12e0"),
        ),
        *(("Row 6", "6"), ("ROW-6", "6"), ("row_6", "6"), ("Row#006", "6"), ("Row: 6.0", "6")),
        *(("No. 6", "6"), ("Nr. 1,005", "1005"), ("№ 6", "6"), ("№6", "6"), ("Nº 6", "6")),
        *(("n°6", "6"), ("ID 6", "6"), ("Row No. 6", "6"), ("Zeile 6", "6"), ("строка 6", "6")),
        *(("6.", "6"), ("6)", "6"), ("(6)", "6"), ("[6]", "6"), ("1.005.", "1.005.")),
        # codes
        *(("P 6", "P 6"), ("N6", "N6"), ("ID6", "ID6"), ("id-6", "id-6"), ("LP 6", "LP 6")),
        *(("Batch 1", "Batch 1"), ("Row 6a", "Row 6a"), ("Row", "Row"), ("№6a", "No6a")),
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
    assert compare_key(compare_key(text)) == compare_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AnnaMaria Beispiel", "Anna Maria  Beispiel"),
        ("Jos\u00e9 N\u00fa\u00f1ez", unicodedata.normalize("NFD", "Jos\u00e9 N\u00fa\u00f1ez")),
        ("Anna\u200b Ash", "anna\u00a0ash"),
        ("Anna\u00adAsh", "AnnaAsh"),
        ("\u200eAnna Ash\u202c", "Anna\u2069Ash"),
        *((f"Anna{char}Ash", "AnnaAsh") for char in "\u034f\ufe0f\u180e\u3164\u115f\U000e0101"),
        ("STRASSE", "stra\u00dfe"),
        ("\uff21nn Ash", "Ann Ash"),
        ("ΟΔΥΣΣΕΎΣ", "Οδυσσεύς"),
        ("ΟΔΥΣΣΕΥΣ Σ", "οδυσσευς ς"),
        ("МИХАИЛ Ё", "михаил ё"),
        ("Й", "и\u0306"),
        ("İnan", "I\u0307nan"),
        ("ﬁona", "FIONA"),
        ("ꭰꮃꭹ", "ᎠᎳᎩ"),
        ("Ａnn＠x.org", "ann@x.org"),
    ],
)
def test_names_that_only_look_otherwise_are_one(one: str, other: str) -> None:
    assert compare_key(one) == compare_key(other)


def test_names_of_others_stay_apart() -> None:
    others = ("Jose", "Jos\u00e9", "Josh", "", "Jos-e", "İnan", "Inan", "Ahmed", "Аhmed", "אחמד")
    assert len({compare_key(name) for name in others}) == len(others)


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        *(("Anna@X.org", "anna@x.org"), ("\u200banna@x.org\u200b ", "anna@x.org")),
        *(("Email: anna@x.org", "anna@x.org"), ("anna@x.org(Anna)", "anna@x.org")),
        *(("- YouTuber -", ""), ("<o'neil+a@sub.x-y.org>.", "o'neil+a@sub.x-y.org")),
        *(("mailto:a@b.c, d@e.f", "a@b.c"), ("'a@b.c'", "a@b.c"), ("a@b", ""), ("", "")),
        *(("ün@Üx.de", "ün@üx.de"), ("a@b.c.", "a@b.c"), ("@x.org", ""), (None, "")),
        *(("u\u0308n@x.de", "ün@x.de"), ("ЖАННА@Пример.рф", "жанна@пример.рф")),
        *(
            ("ΝΊΚΟΣ@x.gr", "νίκος@x.gr"),
            ("Straße@x.de", "straße@x.de"),
            ("an\u200bna@x.org", "anna@x.org"),
        ),
        *(("x@@y@z.de", "y@z.de"), ("a@b\u00a0c@d.e", "c@d.e"), ("a@b..c", "a@b..c")),
    ],
)
def test_an_address_is_found_among_words_and_signs(cell: str | None, address: str) -> None:
    assert email_address(cell) == address


def test_a_cell_without_an_address_is_read_in_no_time() -> None:
    began = time.process_time()
    assert email_address("a" * 50_000 + ".a" * 50_000) == ""
    assert email_address("a@" * 50_000) == ""
    assert time.process_time() - began < 5


def test_ids_that_were_made_of_names_stay() -> None:
    hidden = "Anna\u00adAsh"
    assert made_row_id([hidden], is_email=True) == "anna\u00adash"
    assert made_row_id([hidden, "x"]) != made_row_id(["AnnaAsh", "x"])


def test_an_id_is_spelt_without_its_formula_unless_it_was_before() -> None:
    assert RowIds().of('="004"') == "004"
    assert RowIds(['="004"']).of("4") == '="004"'


def test_ids_that_an_earlier_version_held_apart_stay_two() -> None:
    assert [RowIds(["#2", "2"]).of(text) for text in ("2", "#2", "2.0", "# 2")] == [
        *("2", "#2", "2", "2"),
    ]
    assert [RowIds(["Row 2", "2"]).of(text) for text in ("2", "Row 2", "No. 2")] == [
        *("2", "Row 2", "2")
    ]
    assert [RowIds(["2.", "2"]).of(text) for text in ("2", "2.")] == ["2", "2."]
    assert [RowIds(["Row 2"]).of(text) for text in ("2", "Row 2")] == ["Row 2", "Row 2"]
    assert [RowIds(["'2", "2"]).of(text) for text in ("2", "'2")] == ["2", "'2"]
    assert [RowIds(["#2"]).of(text) for text in ("2", "#2")] == ["#2", "#2"]
    fresh = RowIds()
    assert [fresh.of(text) for text in ("#2", "2")] == ["#2", "#2"]
