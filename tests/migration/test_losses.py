"""What a CSV that is about to be written would lose of others."""

import json
import random

import pytest

from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.migration.export.base import Base, BaseRow, Person
from rowkeeper.migration.export.losses import Source, find_losses
from rowkeeper.migration.export.plain_csv import read_table
from rowkeeper.migration.export.table import export
from tests.helpers.legacy_people import REMARKS, Cells, person, written


def test_another_reader_sees_each_kind_of_loss() -> None:
    old = [
        {"row_id": "1", "name": "Ann", "email": "a@x", "processed": "yes", "link": "l"},
        {"row_id": "2", "name": "Ben", "file_uuids": '{"a": "1", "b": "2"}'},
        {"row_id": "3", "name": "Cleo", "download_errors": "timed out"},
        {"row_id": "4", "name": "Dora", "download_errors": "timed out"},
        {"row_id": "5", "name": "Gone"},
        {"row_id": "6", "name": "Other", "email": "o@x"},
        {"row_id": "8", "name": "Nobody's e-mail is hers"},
        {"row_id": "#", "name": "Name", "email": "Email"},
        {"row_id": "9", "name": "---"},
        {"row_id": "10"},
    ]
    new = [
        {"row_id": "01", "name": "An n", "email": "a@x", "processed": "", "link": "m"},
        {"row_id": "2", "name": "Ben", "file_uuids": '{"b": "2"}'},
        {"row_id": "3", "name": "Cleo", "youtube_status": "completed"},
        {"row_id": "4.0", "name": "Dora"},
        {"row_id": "6", "name": "Somebody", "email": "s@x"},
        {"row_id": "8", "name": "Eve"},
        {"row_id": "7", "name": "Twice"},
        {"row_id": "007", "name": "Twice"},
    ]
    sources = [Source("old.csv", row) for row in old]
    losses = find_losses(read_table(written(21, new), {}), sources, {})
    assert [(loss.kind, loss.column, loss.rows) for loss in losses] == [
        ("twice", "", ("7",)),
        ("rows", "", ("5", "6", "8")),
        ("objects", "file_uuids", ("2",)),
        ("cells", "download_errors", ("4",)),
        ("cells", "processed", ("1",)),
    ]
    assert find_losses(read_table(written(21, old), {}), sources, {}) == []


@pytest.mark.parametrize("width", [21, 19])
@pytest.mark.parametrize("person", [None, "2"])
def test_the_row_of_a_namesake_is_not_hers(width: int, person: str | None) -> None:
    ann = {"row_id": "1", "name": "Ann", "email": "a@x", "link": "l"}
    other = {"row_id": "2", "name": "Ann", "email": "z@x", "link": "m"}
    named = {"1": ("Ann", "a@x"), "2": ("Ann", "z@x")}
    sources = [Source("old.csv", ann), Source("old.csv", other, person)]

    def lost(*rows: dict[str, str]) -> list[tuple[str, int]]:
        losses = find_losses(read_table(written(width, list(rows)), {}), sources, named)
        return [(loss.kind, loss.count) for loss in losses]

    assert lost(ann) == lost(other) == [("rows", 1)]
    assert lost(ann, other) == []
    if person is None:
        assert lost(*({**row, "row_id": f"1{row['row_id']}"} for row in (ann, other))) == []


def test_row_ids_are_one_as_the_tables_say() -> None:
    rows = [{"row_id": row_id, "name": f"N{row_id}"} for row_id in ("1", "1,000", "2.000", "2")]
    sources = [Source("old.csv", row) for row in rows]
    assert find_losses(read_table(written(21, rows), {}), sources, {}) == []


def test_a_column_that_nobody_knows_is_compared_by_its_title() -> None:
    rows = [{"row_id": "1", "name": "Ann", REMARKS: "kind"}, {"row_id": "2", "name": "Ben"}]
    key, unknown = "private_remarks", frozenset({"private_remarks"})
    cells = {"row_id": "1", "name": "Ann", key: "kind"}
    there = Source("there.csv", cells, is_replaced=True)
    loaded = Source("loaded.csv", cells, "1", unknown)

    def kinds(data: bytes) -> list[tuple[str, str, tuple[str, ...]]]:
        losses = find_losses(read_table(data, {}), [there, loaded], {})
        return [(loss.kind, loss.column, loss.files) for loss in losses]

    assert kinds(written(21, rows, REMARKS)) == []
    emptied = [row | {REMARKS: ""} for row in rows]
    assert kinds(written(21, emptied, REMARKS)) == [("cells", key, ("loaded.csv", "there.csv"))]
    assert kinds(written(21, rows)) == [
        ("cells", key, ("there.csv",)),
        ("untold", key, ("loaded.csv",)),
    ]


@pytest.mark.parametrize("width", GENERATIONS)
def test_every_column_of_the_file_that_is_replaced_is_asked_for(width: int) -> None:
    chance = random.Random(width)
    rows = [person(number, chance) for number in range(1, 4)]
    there = read_table(written(21, rows), {})
    lacking = set(GENERATIONS[21]) - set(GENERATIONS[width]) - {"row_id"}
    filled = {name for name in lacking if rows[0].get(name)}
    sources = [Source("there.csv", row, is_replaced=True) for row in there.rows]
    losses = find_losses(read_table(written(width, rows), {}), sources, {})
    assert {(loss.kind, loss.column, loss.count) for loss in losses} == {
        ("cells", name, 3) for name in filled
    }
    assert bool(losses) == (width != 21)


TITLES = "row_id,name,email,note\n"


@pytest.mark.parametrize(
    ("there", "now", "lost"),
    [
        ("\n" + TITLES + "1,Ann,,kind\n", TITLES + "1,Ann,,\n", "cells note"),
        ("sep=,\r\n" + TITLES + "1,Ann,,kind\n", TITLES + "1,Ann,,\n", "cells note"),
        ('"sep=;"\n,,\n' + TITLES + "1,Ann,,kind\n", TITLES + "1,Ann,,\n", "cells note"),
        (TITLES + "1,Ann,,kind\n", "sep=,\n" + TITLES + "1,Ann,,\n", "cells note"),
        (TITLES + "1,Ann,,kind\n", "sep=,\n" + TITLES + "1,Ann,,new\n", ""),
        ("row_id,name,Note,Note\n1,Ann,a,b\n", "row_id,name,Note,Note\n1,Ann,,b\n", "cells note"),
        (
            "row_id,name,Note,Note\n1,Ann,a,b\n",
            "row_id,name,Note,Note\n1,Ann,a,\n",
            "cells note (2)",
        ),
        (TITLES + "1,Ann,,kind,more\n", TITLES + "1,Ann,,kind\n", "cells beyond the titles (1)"),
        (TITLES + "1,Ann,,kind,more\n", TITLES + "1,Ann,,kind,more\n", ""),
        (",row_id,name\nx,1,Ann\n", "row_id,name\n1,Ann\n", "cells untitled (1)"),
        (
            "row_id,name,youtube_status,download_errors\n1,Ann,failed,why\n",
            "row_id,name,youtube_status\n1,Ann,done\n",
            "cells download_errors",  # a status says no more than a column that is still there
        ),
    ],
)
def test_a_file_is_read_from_its_titles_and_to_its_last_cell(
    there: str, now: str, lost: str
) -> None:
    rows = read_table(there.encode(), {}).rows
    sources = [Source("there.csv", row, is_replaced=True) for row in rows]
    losses = find_losses(read_table(now.encode(), {}), sources, {})
    assert [f"{loss.kind} {loss.column}" for loss in losses] == ([lost] if lost else [])


def test_a_column_of_our_name_is_the_one_that_the_settings_name() -> None:
    table = read_table(b"Name,Who,Who\na,b,c\n", {"name": "Who"})
    assert table.rows == ({"name": "b", "name (3)": "a", "name (2)": "c"},)


@pytest.mark.parametrize(
    ("now", "loaded", "tables", "is_lost"),
    [
        ("u1", (), (), False),
        ("u2", (), (), True),
        ("u2", (), ("u2",), False),  # archived anew: the tables say where
        ("u2", ("u2",), (), True),  # what another file says is not what this one said
    ],
)
def test_an_object_under_another_name_is_lost(
    now: str, loaded: tuple[str, ...], tables: tuple[str, ...], is_lost: bool
) -> None:
    def row(uuid: str) -> Cells:
        return {"row_id": "1", "name": "Ann", "file_uuids": json.dumps({"YouTube: v": uuid})}

    sources = [Source("there.csv", row("u1"), is_replaced=True)]
    sources += [Source("loaded.csv", row(uuid), "1") for uuid in loaded]
    table = read_table(written(21, [row(now)]), {})
    losses = find_losses(table, sources, {}, {"1": frozenset(tables)})
    assert [(loss.kind, loss.column) for loss in losses] == [("objects", "file_uuids")] * is_lost


def test_loaded_files_may_disagree_about_an_object() -> None:
    files = {"a.csv": "u1", "b.csv": "u2"}
    sources = [
        Source(name, {"row_id": "1", "name": "Ann", "file_uuids": json.dumps({"v": uuid})}, "1")
        for name, uuid in files.items()
    ]

    def kinds(uuid: str) -> list[tuple[str, tuple[str, ...]]]:
        row = {"row_id": "1", "name": "Ann", "file_uuids": json.dumps({"v": uuid})}
        losses = find_losses(read_table(written(21, [row]), {}), sources, {})
        return [(loss.kind, loss.files) for loss in losses]

    assert kinds("u1") == kinds("u2") == []
    assert kinds("u3") == [("objects", ("a.csv", "b.csv"))]


def base(*rows: tuple[str, str]) -> Base:
    """Five columns; each row with the person whom the tables find in it, '' for nobody."""
    columns = GENERATIONS[5]
    made = (BaseRow(text + "\n", row_id, "", columns) for text, row_id in rows)
    return Base(",".join(columns) + "\n", "utf-8", "LF", columns, tuple(made))


def test_no_row_id_stands_twice_whatever_was_quarantined() -> None:
    start = base(
        ("1,Ann,,,", "1"),
        ("1,Ann,a@x,MF,", ""),  # an earlier row of hers
        ("2,AnnaMaria,,,", ""),  # quarantined, and person 2 has no other row here
        ("3,,,,", ""),  # numbered ahead
        ("4,Zoe,,,", "1"),  # accepted for person 1
        ("5,Nobody,,,", ""),
        ("5,Nobody,n@x,,", ""),
        ("2,Anna,Maria,x,y,z", ""),  # fits no layout
    )
    people = [
        Person(row_id, name, f"{row_id}@x", "MF", None, in_sheet=False)
        for row_id, name in (("1", "Ann"), ("2", "Anna Maria"), ("3", "Ben"), ("8", "Left"))
    ]
    known = {"1": {"link": ["https://a"], "type": ["MF"]}, "8": {"link": ["https://b"]}}
    exported = export(start, people, known=known)
    assert exported.data.decode().splitlines()[1:] == [
        "1,Ann,,MF,https://a",
        "2,Anna Maria,2@x,MF,",
        "3,Ben,3@x,MF,",
        "5,Nobody,n@x,,",
        "8,Left,8@x,MF,https://b",
    ]
    assert (exported.dropped, exported.appended) == (4, 1)
