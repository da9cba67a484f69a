"""Names in several columns are joined, and row ids made of names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.columns import made_row_id
from loaders.names import joined_name
from tests.helpers.sheets import read


@pytest.mark.parametrize(
    ("titles", "cells", "name"),
    [
        (["Vorname", "Nachname"], ["Ann", "Ash"], "Ann Ash"),
        *(
            (titles.split(","), ["Ann", "Ash"], "Ann Ash")
            for titles in (
                *("Име,Фамилия", "Ad,Soyad", "Meno,Priezvisko", "Όνομα,Επώνυμο", "Ime,Prezime"),
                *("Nombre,Primer apellido", "Keresztnév,Vezetéknév", "Prenume,Nume", "Ime,Priimek"),
                *("Імʼя,Прізвище", "Vārds,Uzvārds", "Emri,Mbiemri", "שם פרטי,שם משפחה", "名,姓"),
            )
        ),
        (["Име", "Фамилия"], ["Ann Ash", "Ash"], "Ann Ash"),
        (["Full name", "First name"], ["Ann Ash", "Annie"], "Ann Ash"),
        (["Ad"], ["Ann Ash"], "Ann Ash"),
        (["Nom", "Prénom"], ["Ash", "Ann"], "Ann Ash"),
        (["Nombre", "Apellidos"], ["Ann", "Ash Elm"], "Ann Ash Elm"),
        (["Name", "First name"], ["Ann  Ash", "Ann"], "Ann  Ash"),
        (["Name", "First name", "Surname"], ["A. Ash", "Ann", "Ash"], "A. Ash"),
        *(
            (titles.split(","), cells.split(","), name)
            for titles, cells, name in (
                ("Voornaam,Tussenvoegsel,Achternaam", "Jan,van der,Berg", "Jan van der Berg"),
                ("Voornaam,Tussenvoegsel,Achternaam", "Jan,,Berg", "Jan Berg"),
                ("Voornaam,Tussenvoegsel,Achternaam", "Jan,-,Berg", "Jan Berg"),
                (
                    "Voornaam,Tussenvoegsel,Achternaam",
                    "Jan,van der,van der Berg",
                    "Jan van der Berg",
                ),
                ("Nombre,Primer apellido,Segundo apellido", "Ana,García,López", "Ana García López"),
                ("Nombre,Apellidos,Segundo apellido", "Ana,García,García", "Ana García García"),
                ("Nombre,Apellidos,Segundo apellido", "Ana,García López,López", "Ana García López"),
                ("First Name,Middle Name,Last Name", "Ann,Maria,Ash", "Ann Maria Ash"),
                ("First Name,Middle Name,Last Name", "Ann Maria,Maria,Ash", "Ann Maria Ash"),
                ("First Name,Middle Name,Last Name", "Ann Maria Ash,Maria,Ash", "Ann Maria Ash"),
                ("Last name,First name,M.I.", "Ash,Ann,M.", "Ann M. Ash"),
                ("Фамилия,Имя,Отчество", "Иванова,Анна,Петровна", "Анна Петровна Иванова"),
                ("Име,Презиме,Фамилия", "Иван,Петров,Стоянов", "Иван Петров Стоянов"),
                ("Име,Презиме", "Иван,Петровић", "Иван Петровић"),
                ("First name,Second name", "Ann,Ash", "Ann Ash"),
                ("Name,Middle name", "Ann Ash,Maria", "Ann Ash"),
                ("Full name,First name,Middle name", "Ann Ash,Ann,Maria", "Ann Ash"),
            )
        ),
        (["First name"], ["Ann"], "Ann"),
        (["First name", "Last name"], [" Ann ", ""], " Ann "),
    ],
)
def test_names_in_halves_are_one(titles: list[str], cells: list[str], name: str) -> None:
    read_sheet = read([["#", *titles], ["1", *cells]])
    assert read_sheet.rows[1].values["name"] == name


def test_a_row_id_made_of_a_name_is_as_it_was_without_its_middle_part() -> None:
    both = (["Voornaam", "Achternaam"], ["Jan", "Berg"])
    more = (["Voornaam", "Tussenvoegsel", "Achternaam"], ["Jan", "van der", "Berg"])
    for row_id in (["name"], ["name", "email"]):
        ids = [read([[*head, "Email"], [*row, "j@x"]], None, row_id) for head, row in (both, more)]
        assert ids[0].rows[1].values["row_id"] == ids[1].rows[1].values["row_id"]
        assert ids[1].rows[1].values["name"] == "Jan van der Berg"


def test_what_may_be_part_of_a_name_and_is_not_known_is_told() -> None:
    people = ["Ann", "Maria", "Ash"]
    for title in ("Zwischen", "Rufname", "Name at birth"):
        (notices,) = read([["#", "First", title, "Last", "Type"], ["1", *people, "t"]]).notices
        assert f"{title!r} beside the parts" in notices
        assert f'{{name = ["First", "{title}", "Last"]}}' in notices
    head = ["#", "First", "Rufname", "Last", "Type"]
    assert read([head, ["1", *people, "t"]], {"name": ["First", "Last"]}).notices == ()
    quiet = (["Age", "30"], ["City", "Rome"], ["User name", "ann"], ["Phone name", "1"])
    for title, text in quiet:
        read_sheet = read([["#", "First", "Last", title, "Type"], ["1", "Ann", "Ash", text, "t"]])
        assert read_sheet.notices == ()


def test_a_made_row_id_needs_one_part_and_sees_no_white_space_or_case() -> None:
    assert made_row_id(["", " "]) == made_row_id(["\u200b"]) == ""
    partly = made_row_id(["Ann", ""])
    assert partly not in ("", made_row_id(["", "Ann"]), made_row_id(["Bo", ""]))
    assert partly == made_row_id([" aNN ", "\t"])
    assert made_row_id([" Ann@B.c"], is_email=True) == "ann@b.c"
    assert made_row_id([" K7 "]) == "K7"


@given(st.lists(st.text("ab ", max_size=4), min_size=2, max_size=2))
def test_a_joined_name_has_all_words(parts: list[str]) -> None:
    assert set(" ".join(parts).split()) == set(joined_name(parts).split())
