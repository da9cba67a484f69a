"""``reconcile --deep`` of a sheet: its rows against the bytes that are kept of it."""

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from loaders.batches import no_rows
from loaders.chain import ChainLink
from loaders.pipeline import ingest
from loaders.row_keys import RowIds
from loaders.sheet import load_sheet
from loaders.tables import add_snapshot
from rowkeeper.core.journal.check import check
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.migration.reconcile.deep import BY_BYTES, BY_FILE, BY_LOAD, NOT_KEPT, deep_snapshot
from rowkeeper.migration.reconcile.deep_sheet import CELL, LINKS, NO_ROW, NOT_IN_RAW, against_bytes
from rowkeeper.migration.reconcile.rows import read_snapshot
from rowkeeper.migration.reconcile.strays import stray_lines_of
from tests.helpers.samples import make_samples
from tests.helpers.sources import VIDEO, write_rows

ROWS = [
    ["#", "Name", "E-mail", "Video"],
    ["1", "Ann Ash", "ann@example.org", VIDEO],
    ["2", "Bj\u00f6rn  Bay", "", ""],
    ["3", "Cy Coe", "cy@example.org", ""],
]
HIDING = """<html><div id="7"><table class="waffle"><tbody>
<tr><th>1</th><td>#</td><td>Name</td><td>Notes</td></tr>
<tr><th>3</th><td>1</td><td rowspan="2">Ann<br>Ash</td>
<td><a href="https://www.google.com/url?q=https://youtu.be/dQw4w9WgXcQ%3Ft%3D1&amp;sa=D">a</a></td></tr>
<tr><th>4</th><td>2</td><td>b</td></tr></tbody></table></div>
<table><tr><td>1</td><td>another</td></tr></table></html>"""


def loaded(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]], bytes]:
    """A snapshot of the file, its rows as raw has them, and its bytes."""
    snapshot = load_sheet(str(path))
    rows = no_rows()
    add_snapshot(rows, snapshot, ChainLink(), RowIds())
    assert snapshot.source_bytes is not None
    return next(iter(rows["sheet_snapshots"])), list(rows["sheet_rows"]), snapshot.source_bytes


def book(path: Path) -> Path:
    """Values of each type, a hidden column, a link and a formula that nobody has computed."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(["#", "hidden", "Name", "Since", "Notes", "Video"])
    sheet.append([1.0, "x", "Ann", date(2024, 2, 3), True, '=HYPERLINK("' + VIDEO + '","clip")'])
    sheet.append([2, "y", "Bob", 1.5, "see", None])
    sheet["E3"].hyperlink = VIDEO
    sheet.column_dimensions["B"].hidden = True
    made.create_sheet("Other").append(["nobody"])
    made.save(path)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "semicolon.csv", "a.html", "a.xlsx", "gz"])
def test_each_kind_of_sheet_is_read_again_alike_and_each_change_is_seen(
    tmp_path: Path, name: str
) -> None:
    path = write_rows(tmp_path / (name if name != "gz" else "a.csv"), ROWS)
    if name == "gz":
        path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes()))
        path = path.with_suffix(".csv.gz")
    snapshot, rows, data = loaded(path)
    assert against_bytes(snapshot, rows, data) == []
    row = rows[1]
    row["cells"] = row["cells"].replace("ann@example.org", "bob@example.org")
    [fault] = against_bytes(snapshot, rows, data)
    assert (fault.line, fault.column, fault.row_id, fault.reason) == (2, "column 3", "1", CELL)
    assert (fault.source_value, fault.table_value) == ("ann@example.org", "bob@example.org")
    gone = rows.pop()
    assert [item.reason for item in against_bytes(snapshot, rows, data)] == [CELL, NOT_IN_RAW]
    rows += [gone, gone | {"sheet_row": 9}]
    assert [item.reason for item in against_bytes(snapshot, rows, data)] == [CELL, NO_ROW]


def test_rows_in_the_head_and_the_foot_of_a_table_are_read_again(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    rows = ["".join(f"<td>{text}</td>" for text in row) for row in ROWS]
    page.write_text(
        "<!DOCTYPE html><table><thead><tr><th></th><th>A</th></tr>"
        f"<tr>{rows[0]}</tr></thead><tfoot><tr>{rows[3]}</tr></tfoot>"
        f"<tbody><tr>{rows[1]}</tr><tr>{rows[2]}</tr></tbody></table>",
        "utf-8",
    )
    snapshot, raw, data = loaded(page)
    assert against_bytes(snapshot, raw, data) == []
    assert [json.loads(row["cells"])[1]["text"] for row in raw] == [row[1] for row in ROWS]


def test_links_hidden_columns_and_spans_are_read_again(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(HIDING, encoding="utf-8")
    for path, line in ((page, 3), (book(tmp_path / "book.xlsx"), 3)):
        snapshot, rows, data = loaded(path)
        assert against_bytes(snapshot, rows, data) == []
        row = next(row for row in rows if row["sheet_row"] == line)
        assert VIDEO in row["cells"]
        row["cells"] = row["cells"].replace(VIDEO, "https://youtu.be/other")
        assert [(f.line, f.reason) for f in against_bytes(snapshot, rows, data)] == [(line, LINKS)]
    snapshot["tab_title"] = "gone"
    [fault] = against_bytes(snapshot, rows, data)
    assert "has not the tab" in fault.reason


def test_lines_that_are_not_utf_8_are_listed_with_file_line_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(
        "#,Name,Notes\n1,Bj\u00f6rn,\n2,".encode() + b'J\xf6rg,"two\n lin\xe9s"\n3,Ann,\n'
    )
    snapshot, rows, data = loaded(path)
    assert against_bytes(snapshot, rows, data) == []
    strays = list(stray_lines_of(str(path), snapshot["source_sha256"], tmp_path))
    assert [(item.file, item.line, item.source_value) for item in strays] == [
        (str(path), 3, '2,J\\xf6rg,"two'),
        (str(path), 4, ' lin\\xe9s"'),
    ]
    rows[2]["cells"] = rows[2]["cells"].replace("J\u00f6rg", "J\u00e9rg")
    assert [item.reason for item in against_bytes(snapshot, rows, data)] == [CELL]
    path.write_bytes(b"#,Name\n1,Bj\xf6rn\n")  # no line is UTF-8: the file is in that encoding
    snapshot, rows, data = loaded(path)
    assert against_bytes(snapshot, rows, data) == []
    assert list(stray_lines_of(str(path), snapshot["source_sha256"], tmp_path)) == []
    assert list(stray_lines_of("https://example.org/x", None, tmp_path)) == []


def test_the_bytes_of_a_sheet_are_kept_once_and_read_by_deep(tmp_path: Path) -> None:
    make_samples(tmp_path / "samples")
    sheet, data_dir = tmp_path / "samples" / "sheet.html", tmp_path / "data"
    duck = Target(name="dev", type="duckdb", path=str(tmp_path / "rowkeeper.duckdb"))
    settings = load_settings({"data_dir": str(data_dir), "sheet.source": str(sheet)})
    first = sheet.read_bytes()
    second = first.replace(b"HOLD", b"DONE")
    for data in (first, first + b"\n", second, first):
        sheet.write_bytes(data)
        ingest(settings, duck)
    loads = list((data_dir / "journal" / "loads").iterdir())
    kept = [path for load in loads for path in load.glob("sheet-*.gz")]
    assert len(loads) == 3
    assert sorted(gzip.decompress(path.read_bytes()) for path in kept) == sorted([first, second])
    assert check(data_dir / "journal") == []

    sheet.unlink()
    with connect(duck, read_only=True) as warehouse:
        snapshot = read_snapshot(warehouse)
        assert snapshot is not None
        assert deep_snapshot(warehouse, snapshot, data_dir) == (f"{BY_BYTES} and {BY_LOAD}", [])
        [of_first] = [path for path in kept if snapshot["source_sha256"] in path.name]
        of_first.write_bytes(b"damaged")
        assert deep_snapshot(warehouse, snapshot, data_dir) == (BY_LOAD + NOT_KEPT, [])
        sheet.write_bytes(first)
        assert deep_snapshot(warehouse, snapshot, data_dir) == (f"{BY_FILE} and {BY_LOAD}", [])
    assert [finding.path for finding in check(data_dir / "journal")] == [of_first]
    listed = json.loads((of_first.parent / "hashes.json").read_bytes())
    assert of_first.name in listed
