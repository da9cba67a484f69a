"""What init offers for the sheets of other teams: guesses that load, and links with their fates."""

from pathlib import Path

import openpyxl
import pytest

from loaders.offer import likely_column, make_offer
from loaders.offered_links import IGNORED, count_links, direct_hosts
from loaders.sheet import load_sheet
from rowkeeper.core.errors import InputError
from rowkeeper.core.settings import PROJECT_DIR
from tests.helpers.sources import FORM, NO_IDS, OTHER, VIDEO


def sheet(tmp_path: Path, text: str, name: str = "sheet.csv") -> str:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return str(path)


def test_people_with_one_link_and_usual_titles_need_no_mapping(tmp_path: Path) -> None:
    source = sheet(tmp_path, f"ID,Name,Email,Type,Link\n1,Ann Ash,a@x.org,FF,{VIDEO}\n")
    offer = make_offer(source)
    assert (offer.columns, offer.row_id, offer.people, offer.shared) == ({}, (), 1, 0)
    (link,) = count_links(offer.snapshot)
    assert (link.title, link.fate, link.kinds) == ("Link", "asset", ("video", "transcript"))
    assert link.number == 1


def test_several_link_columns_of_a_page_each_count(tmp_path: Path) -> None:
    cells = (
        "<tr><td>Code</td><td>Participant's full name</td><td>Interview</td><td>Second</td></tr>"
        f"<tr><td>P-1</td><td>Ann Ash</td><td><a href='{VIDEO}'>here</a></td><td>{OTHER}</td></tr>"
        f"<tr><td>P-2</td><td>Bob Bay</td><td><a href='mailto:b@x.org'>b</a></td><td></td></tr>"
    )
    page = f"<html><div id='7'><table class='waffle'>{cells}</table></div></html>"
    offer = make_offer(sheet(tmp_path, page, "sheet.html"))
    assert offer.columns == {"name": ("Participant's full name",), "row_id": ("Code",)}
    assert offer.guessed == {"name", "row_id"}
    fates = [(link.title, link.link_type, link.fate) for link in count_links(offer.snapshot)]
    assert fates == [
        ("Interview", "mail", "ignored"),
        ("Interview", "video", "asset"),
        ("Second", "video", "asset"),
    ]


def test_an_answer_sheet_of_a_form_is_understood(tmp_path: Path) -> None:
    offer = make_offer(sheet(tmp_path, FORM))
    assert offer.columns == {"type": ("What is your Jungian type?",)}
    assert offer.row_id == ("email",)
    assert [row.values["name"] for row in offer.snapshot.rows[1:]] == ["Ann Ash", "Bob Bay"]
    (link,) = count_links(offer.snapshot)
    assert (link.provider, link.link_type, link.number) == ("drive", "file", 3)


def test_who_answers_a_form_twice_is_told_apart_by_the_time(tmp_path: Path) -> None:
    again = "2026/01/03 10:00:00,Ann,Ash,ann@example.org,FF,\n"
    offer = make_offer(sheet(tmp_path, FORM + again))
    assert offer.row_id == ("Timestamp", "name")
    assert offer.shared == 0


def test_a_sheet_without_ids_and_usual_titles_is_understood_by_its_cells(tmp_path: Path) -> None:
    offer = make_offer(sheet(tmp_path, NO_IDS))
    assert offer.columns == {"name": ("Who",)}
    assert (offer.row_id, offer.shared) == (("name",), 0)
    links = count_links(offer.snapshot)
    assert list(direct_hosts(links)) == ["media.example.org"]
    assert [link.fate for link in links] == ["asset", "asset", "unsupported"]
    twins = make_offer(sheet(tmp_path, NO_IDS + f"Ann Ash,{OTHER},\n"))
    assert (twins.people, twins.shared) == (3, 1)


def test_a_workbook_names_the_tab_that_was_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Read me"  # type: ignore[union-attr]
    people = book.create_sheet("Folk")
    for row in (["Ref", "Applicant name", "Mail of yours"], ["a1", "Ann Ash", "a@x.org"]):
        people.append(row)
    book.save(tmp_path / "book.xlsx")
    offer = make_offer(str(tmp_path / "book.xlsx"))
    assert offer.tab == "Folk"
    assert offer.columns["name"] == ("Applicant name",)
    assert offer.columns["email"] == ("Mail of yours",)
    read = load_sheet(str(tmp_path / "book.xlsx"), offer.tab, offer.columns, None, offer.row_id)
    assert read.content_sha256 == offer.snapshot.content_sha256
    assert read.rows[1].values["row_id"] == "a1"


def test_what_is_given_holds_and_what_is_nobodys_is_refused(tmp_path: Path) -> None:
    source = sheet(tmp_path, FORM)
    offer = make_offer(source, None, {"name": "Last name"}, None, ["Timestamp"])
    assert offer.columns["name"] == ("Last name",)
    assert offer.row_id == ("Timestamp",)
    assert "name" not in offer.guessed
    with pytest.raises(InputError, match="no name column"):
        make_offer(sheet(tmp_path, "a,b\n1,2\n", "other.csv"))
    with pytest.raises(InputError, match="has no column 'Nobody'"):
        make_offer(source, None, {"name": "Nobody"})


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Participant's full name", "name"),
        ("Your e-mail, please", "email"),
        ("Fullname", "name"),
        ("Favourite colour", None),
        ("", None),
        ("name " * 20, None),
    ],
)
def test_words_in_a_title_say_what_it_may_be(title: str, column: str | None) -> None:
    assert likely_column(title) == column


def test_the_ignored_types_are_those_of_the_tables() -> None:
    macro = (PROJECT_DIR / "dbt_project/macros/links.sql").read_text("utf-8")
    reasons = macro.partition("macro ignored_reason")[2].partition("endmacro")[0]
    assert {line.split("'")[1] for line in reasons.splitlines() if "when '" in line} == IGNORED
