"""The way back on generated histories: no mapped cell is lost, no row id stands twice, and the
comparison sees what a writer would lose."""

import csv
import io

from rowkeeper.export.base import Base, BaseRow, Person
from rowkeeper.export.losses import Source, find_losses, read_table
from rowkeeper.export.table import export
from rowkeeper.legacy_csv import GENERATIONS

Cells = dict[str, str]


def written(width: int, rows: list[Cells]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, GENERATIONS[width], restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_another_reader_sees_each_kind_of_loss() -> None:
    old = [
        {"row_id": "1", "name": "Ann", "email": "a@x", "processed": "yes", "link": "l"},
        {"row_id": "2", "name": "Ben", "file_uuids": '{"a": "1", "b": "2"}'},
        {"row_id": "3", "name": "Cleo", "download_errors": "timed out"},
        {"row_id": "4", "name": "Dora", "download_errors": "timed out"},
        {"row_id": "5", "name": "Gone"},
        {"row_id": "6", "name": "Other", "email": "o@x"},
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
        {"row_id": "7", "name": "Twice"},
        {"row_id": "007", "name": "Twice"},
    ]
    sources = [Source("old.csv", row) for row in old]
    losses = find_losses(read_table(written(21, new), {}), sources, {})
    assert [(loss.kind, loss.column, loss.rows) for loss in losses] == [
        ("twice", "", ("7",)),
        ("rows", "", ("5", "6")),
        ("objects", "file_uuids", ("2",)),
        ("cells", "download_errors", ("4",)),
        ("cells", "processed", ("1",)),
    ]
    assert find_losses(read_table(written(21, old), {}), sources, {}) == []


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
    found = export(start, people, known=known)
    assert found.data.decode().splitlines()[1:] == [
        "1,Ann,,MF,https://a",
        "2,Anna Maria,2@x,MF,",
        "3,Ben,3@x,MF,",
        "5,Nobody,n@x,,",
        "8,Left,8@x,MF,https://b",
    ]
    assert (found.dropped, found.appended) == (4, 1)
