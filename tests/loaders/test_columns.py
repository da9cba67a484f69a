"""Columns known by their titles, whichever way a sheet comes, and row ids made of other columns."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loaders.columns import WantedColumns, read_titles
from loaders.grid import Cell, Line, Tab
from loaders.legacy_reading import column_names, named_cells
from loaders.pipeline import ingest
from loaders.sheet import load_sheet, snapshot_of
from rowkeeper.cli import run_command
from rowkeeper.core.errors import InputError, UsageError
from rowkeeper.core.settings import load_settings
from rowkeeper.core.titles import SHEET_TITLES, sheet_column
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.sheets import read
from tests.helpers.sources import Rows, first_cells, write_rows

VIDEO, TALK = "https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/aqz-KE-bpKQ"


SHAPES: dict[str, tuple[Rows, dict[str, Any], list[str | None], dict[str, str]]] = {
    "one link": (
        [
            ["Row ID", "NAME", "E-mail Address", "Type", "Link"],
            ["1", "Ann Ash", "a@b.c", "T", VIDEO],
        ],
        {},
        ["1", "Ann Ash", "a@b.c"],
        {"link": VIDEO},
    ),
    "several links": (
        [["Nr.", "Name", "Interview video", "Second video"], ["1", "Ann Ash", VIDEO, TALK]],
        {"columns": {"link": ["interview  VIDEO", "Second video"]}},
        ["1", "Ann Ash", None],
        {"link": VIDEO, "second video": TALK},
    ),
    "form": (
        [
            ["Timestamp", "What is your first name?", "Last name *", "Email Address", "Upload it"],
            ["5/1/2026 10:00:00", "Ann", "Ash", "Ann@B.c", VIDEO],
        ],
        {"row_id": ["email"]},
        ["ann@b.c", "Ann Ash", "Ann@B.c"],
        {"upload it": VIDEO},
    ),
    "no ids": (
        [["Full name", "Mail", "URL"], ["Ann Ash", "a@b.c", VIDEO]],
        {"row_id": ["Full  Name", "mail"]},
        [None, "Ann Ash", "a@b.c"],
        {"link": VIDEO},
    ),
}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        *((own, own) for own in ("First video", "Last video", "Link 2", "link2", "Notes link")),
        *((own, own) for own in ("Type video", "Status page", "Email video", "Profile", "Titles")),
        *((usual, "link") for usual in ("Links", "Video link", "video_link", "Drive link")),
        *(("Surname", "last_name"), ("E-mail address", "email"), ("Row ID", "row_id")),
    ],
)
def test_a_key_of_the_settings_is_ours_by_a_usual_word_or_names_content(
    given: str, name: str
) -> None:
    assert dict(WantedColumns.of({given: "x"}).titles) == {name: ("x",)}


def test_a_slip_in_a_key_is_refused_and_words_for_one_column_meet() -> None:
    for slip in ("nme", "nmae", "tpye", "emial", "row_idd", "frist name"):
        with pytest.raises(UsageError, match="say "):
            WantedColumns.of({slip: "x"})
    wanted = WantedColumns.of({"Video link": ["a", "b"], "link": "b", "Links": "c"})
    assert dict(wanted.titles) == {"link": ("a", "b", "c")}
    with pytest.raises(UsageError, match="several titles"):
        WantedColumns.of({"email": "x", "E-mail address": "y"})


@pytest.mark.parametrize("kind", ["a.csv", "a.tsv", "semicolon.csv", "a.xlsx", "a.html"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_usual_shapes_load_whichever_way_they_come(
    tmp_path: Path, shape: str, kind: str
) -> None:
    rows, given, expected, links = SHAPES[shape]
    snapshot = load_sheet(str(write_rows(tmp_path / kind, rows)), **given)
    row_id, *rest = first_cells(snapshot)
    assert rest == expected[1:]
    if expected[0] is not None:
        assert row_id == expected[0]
    else:
        assert row_id is not None
        assert (row_id[0], len(row_id)) == ("h", 17)
    named = {name: cell.text for name, cell in snapshot.rows[1].named}
    assert {name: named[name] for name in links} == links


TITLES = [(word, column) for column, words in SHEET_TITLES.items() for word in words]


@given(st.sampled_from(TITLES), st.sampled_from(["{}", " {} ", "{}:", "{} *", "{} (required)"]))
def test_a_title_is_known_in_any_spelling(title: tuple[str, str], form: str) -> None:
    word, column = title
    known = {name for name, words in SHEET_TITLES.items() if word in words}
    assert column in known
    for spelling in (word, word.upper(), word.title(), word.replace(" ", "_")):
        assert sheet_column(form.format(spelling)) in known


@pytest.mark.parametrize(
    "title", ["OPS class", "Timestamp", "Phone number", "Interview video", "Weight", "", "---"]
)
def test_other_titles_are_nobodys(title: str) -> None:
    assert sheet_column(title) is None


@pytest.mark.parametrize(
    ("rows", "given", "said"),
    [
        (
            [["Name", "E-mail"], ["Ann", "a"]],
            {},
            r"no column of row ids \(row 1 shows 'Name', 'E-mail'\).*sheet\.columns.*sheet\.row_id",
        ),
        ([["#", "Name"], ["", "Ann"], [" ", "Bo"]], {}, r"no row id in any of the 2 rows.*'#'"),
        (
            [["#", "Name"], ["1", "Ann"]],
            {"columns": {"name": "Who"}},
            r"no column 'Who', which sheet\.columns names \(row 1 shows '#', 'Name'\)",
        ),
        (
            [["#", "Name", "Interview video"], ["1", "Ann", ""]],
            {"columns": {"link": "Interview vidoe"}},
            r"did you mean 'Interview video'\?",
        ),
        (
            [["Name", "Mail"], ["Ann", "a"]],
            {"row_id": ["Code"]},
            r"no column 'Code', which sheet\.row_id names",
        ),
        (
            [["x"], ["\x1b[31mWho[/red]\u202e", "Mail"], ["Ann", "a"]],
            {},
            r"no name column \(row 2 shows '\[31mWho\[/red\]', 'Mail'\)",
        ),
    ],
)
def test_what_is_missing_is_said_with_the_titles_as_they_stand(
    rows: Rows, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read(rows, **given)
    assert "max-removed" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_settings_that_name_no_column_are_refused() -> None:
    with pytest.raises(UsageError, match="say email"):
        WantedColumns.of({"emial": "Mail"})
    with pytest.raises(UsageError, match="several titles"):
        WantedColumns.of({"email": ["Mail", "Post"]})
    environ = {"ROWKEEPER_SHEET_COLUMNS": "name=Who, link=First, link=Second"}
    settings = load_settings(environ=environ | {"ROWKEEPER_SHEET_ROW_ID": "name, email"})
    assert settings.sheet.columns == {"name": ["Who"], "link": ["First", "Second"]}
    assert settings.sheet.row_id == ["name", "email"]


def test_the_titles_may_stand_below_other_rows_and_in_a_later_tab() -> None:
    head = ["ID", "Name", "Video"]
    tabs = [
        Tab("1", "Read me", (Line(1, (Cell("Name: the list"),)),)),
        Tab("2", "People", tuple(Line(n, tuple(map(Cell, row))) for n, row in enumerate(
            [["All people"], head, ["1", "Ann", VIDEO]], 1))),
    ]  # fmt: skip
    snapshot = snapshot_of("s", tabs)
    assert (snapshot.tab_title, snapshot.rows[2].values["name"]) == ("People", "Ann")
    assert [row.is_header for row in snapshot.rows] == [True, True, False]
    assert snapshot.notices == ()
    more = [*tabs, replace(tabs[1], gid="3", title="More people")]
    (notice,) = snapshot_of("s", more).notices
    assert "read from tab 2 (People); 3 (More people) list names, too: say with sheet.tab" in notice
    assert snapshot_of("s", more, "People").notices == ()


@pytest.mark.parametrize(
    ("row", "is_header"),
    [
        (["ID", "Name", "Email", "Type", "Link", "Notes"], True),
        ([" id ", "NAME", "E-Mail", "type:", "Link", "Page 2"], False),
        ([" id ", "NAME", "E-Mail", "type:", "Link", "notes"], True),
        (["Nr.", "Full name", "E-mail Address", "Typ", "URL", "Bemerkung"], True),
        (["7", "Name", "Email", "Type", "Link", "Notes"], False),
        (["ID", "Name", "", "", "", ""], False),
        (["", "", "", "", "", ""], False),
    ],
)
def test_titles_that_stand_again_in_a_sheet_are_nobody(row: list[str], is_header: bool) -> None:
    head = ["ID", "Name", "Email", "Type", "Link", "Notes"]
    snapshot = read([head, ["1", "Ann", "a@b.c", "T", VIDEO, ""], row, ["2", "Bo", "", "", "", ""]])
    assert [row.is_header for row in snapshot.rows] == [True, False, is_header, False]
    short = read([["ID", "Name"], ["ID", "Name"], ["n", "Ad"], ["1", "Name"]])
    assert [row.is_header for row in short.rows] == [True, True, False, False]


def test_two_columns_that_mean_one_are_told_where_they_differ() -> None:
    head = ["ID", "Name", "Email", "Type", "Personality Type", "Mail"]
    rows = [head, ["1", "Ann", "a@b.c", "person", "INTJ", "A@b.c "]]
    (notices,) = read(rows).notices
    assert (
        "two columns for type: 'Type' (column 4) is read, 'Personality Type' (column 5)" in notices
    )
    columns_read = read(rows, {"type": "Personality Type"})
    assert (columns_read.rows[1].values["type"], columns_read.notices) == ("INTJ", ())


def test_a_sheet_without_types_says_which_column_may_have_them() -> None:
    head = ["#", "Name", "Wesen", "Link"]
    (notices,) = read([head, ["1", "Ann", "INTJ", VIDEO]]).notices
    assert '{type = "Wesen"}' in notices
    assert read([["#", "Name", "Phone", "Link"], ["1", "Ann", "+49 1", VIDEO]]).notices == ()
    columns_read = read(
        [["Sıra No", "Ad", "Soyad", "E-posta", "Tip"], ["1", "Ay", "Su", "a@b", "INTJ"]]
    )
    assert (columns_read.rows[1].values["type"], columns_read.notices) == ("INTJ", ())


def test_a_row_of_titles_with_more_of_ours_goes_before_one_with_a_name_alone() -> None:
    columns_read = read([["Name", ""], ["#", "Name", "Video"], ["1", "Ann", VIDEO]])
    assert [row.is_header for row in columns_read.rows] == [True, True, False]


def test_a_column_that_the_settings_leave_out_has_no_name_of_ours() -> None:
    columns = read_titles(["#", "Name", "Email", "Post"], WantedColumns.of({"email": "Post"}))
    assert columns.names(4) == ["row_id", "name", "column_3", "email"]


@given(st.lists(st.sampled_from(["#", "Name", "", "Talk", *(f"Column_{n}" for n in (2, 3, 4))])))
@example(["#", "Name", "Column_5_", "Column_5"])
def test_no_two_columns_have_one_name(titles: list[str]) -> None:
    """A title may be what a column without one is called."""
    width = len(titles) + 2
    assert len(set(read_titles(titles, WantedColumns()).names(width))) == width
    named = column_names(tuple(titles), ("",) * len(titles))
    cells = named_cells(("x",) * width, named, named) or named_cells(("x",) * width, (), named)
    assert len(set(named)) == len(titles)
    assert len({name for name, _ in cells}) == len(cells)


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_links_below_a_title_like_the_name_of_an_untitled_column_are_all_kept(
    engine: Target, tmp_path: Path
) -> None:
    rows = [["#", "Name", "Column_4", ""], ["1", "Ann Ash", VIDEO, TALK]]
    sheet = write_rows(tmp_path / "sheet.html", rows)
    ingest(load_settings({"sheet.source": str(sheet)}), engine)
    (tmp_path / "old.csv").write_text(
        f"row_id,name,email,type,link,column_7\n1,Ann Ash,a@b.org,T,,{VIDEO},{TALK}\n"
    )
    ingest(load_settings({"legacy_csv.paths": [str(tmp_path / "old.csv")]}), engine)
    with connect(engine) as warehouse:
        kept = warehouse.query("select source, count(distinct url) from raw.links group by 1")
    assert dict(kept) == {"sheet": 2, "legacy_csv": 2}


@given(st.permutations(["#", "Given name", "Surname", "E-Mail", "Typ", "Notizen", "Talk", "Link"]))
def test_the_order_of_columns_does_not_matter(titles: list[str]) -> None:
    columns = read_titles(titles, WantedColumns())
    assert columns.places["name"] == (titles.index("Given name"), titles.index("Surname"))
    assert {name: titles[places[0]] for name, places in columns.places.items()} == {
        "row_id": "#",
        "name": "Given name",
        "first_name": "Given name",
        "last_name": "Surname",
        "email": "E-Mail",
        "type": "Typ",
        "notes": "Notizen",
        "link": "Link",
    }
    names = columns.names(9)
    assert len(set(names)) == 9


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("#,Name,Kontakt,Other\n1,Ann,a@x.org,\n2,Bo,,x\n3,Cy,c@x.org,y\n", "Kontakt"),
        ("#,Name,Kontakt\n1,Ann,a@x.org\n2,Bo,none\n3,Cy,later\n", None),
        ("#,Name,Email,Kontakt\n1,Ann,,a@x.org\n", None),
        ("#,Name\n1,a@x.org\n", None),
    ],
)
def test_a_column_of_addresses_that_nobody_knows_is_told(
    tmp_path: Path, text: str, title: str | None
) -> None:
    (tmp_path / "s.csv").write_text(text)
    notices = [n for n in load_sheet(str(tmp_path / "s.csv")).notices if "e-mail" in n]
    assert [f'{{email = "{title}"}}' in notice for notice in notices] == [True] * bool(title)


@pytest.mark.parametrize("title", ["\x1b]0;x\x07Who[/red]", "[link=http://x]Who"])
def test_a_hostile_title_is_shown_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], title: str
) -> None:
    (tmp_path / "s.csv").write_text(f"{title},Mail\nAnn,a\n", "utf-8")
    run = ["run", "--dry-run", "--sheet", str(tmp_path / "s.csv"), "--data-dir", str(tmp_path)]
    assert run_command(run) == 3
    said = capsys.readouterr().err
    assert "Who" in said
    assert said.strip().isprintable()


def test_a_form_without_ids_becomes_people(engine: Target, tmp_path: Path) -> None:
    rows, *_ = SHAPES["form"]
    other = ["5/2/2026 9:00:00", 'Bo "Bob"', "Bay\u00a0", "bo@b.c", TALK]
    source = str(write_rows(tmp_path / "form.csv", [*rows, other]))
    context = Context(load_settings({"sheet.source": source, "sheet.row_id": ["email"]}), engine)
    ingest(context.settings, engine)
    build(context)
    with connect(engine) as warehouse:
        people = warehouse.query(f"select row_id, name from {engine.schema}.people order by row_id")
        assets = warehouse.query(
            f"select distinct person_row_id, media_id from {engine.schema}.assets order by 1"
        )
    assert people == [("ann@b.c", "Ann Ash"), ("bo@b.c", 'Bo "Bob" Bay')]
    assert assets == [("ann@b.c", VIDEO[-11:]), ("bo@b.c", TALK[-11:])]
