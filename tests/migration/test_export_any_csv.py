"""Whatever a CSV holds, it comes out byte for byte, and guarded it loads back the same."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.batches import no_rows
from loaders.legacy_reading import LegacyFile, read_file
from loaders.row_keys import RowIds
from loaders.tables import add_legacy_file
from rowkeeper.core.csv.guard import guard, unguard
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.migration.export.base import Base, BaseRow, Person
from rowkeeper.migration.export.records import Record
from rowkeeper.migration.export.table import export

ODD = ["", "-", "'-", "nan", "=1+1", "+1", "@x", "\tx", "'", "''-", "a,b", 'say "so"', "two\nlines"]


CELL = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12),
)


RISKY = ("=", "+", "-", "@", "\t", "\r")


@st.composite
def csv_texts(draw: st.DrawFn, marks: str = ",;\t|") -> str:
    """A file of any generation and columns that nobody knows, parted, quoted and ended as each
    record likes."""
    columns = [*GENERATIONS[draw(st.sampled_from(sorted(GENERATIONS)))]]
    more = 2 if "row_id" in columns else 0  # else one of them might be the row id
    for title in draw(st.lists(st.sampled_from(["", "Mood", "Größe"]), max_size=more)):
        columns.insert(draw(st.integers(0, len(columns))), title)
    mark = draw(st.sampled_from(marks))
    text = draw(st.sampled_from(["", f"sep={mark}\r\n"]))
    text += mark.join(columns) + draw(st.sampled_from(["\n", "\r\n"]))
    for _ in range(draw(st.integers(0, 6))):
        cells = [draw(CELL) for _ in columns]
        fields = [
            '"' + cell.replace('"', '""') + '"'
            if draw(st.booleans()) or any(char in cell for char in mark + '"\r\n')
            else cell
            for cell in cells
        ]
        text += draw(st.sampled_from(["", "\n", mark.join(columns) + "\n"]))
        text += mark.join(fields) + draw(st.sampled_from(["\n", "\r\n"]))
    return text


def base_of(file: LegacyFile) -> Base:
    layouts = {**GENERATIONS, file.generation: file.layout}
    rows = [
        BaseRow(
            row.text,
            row.values.get("row_id", ""),
            "",
            layouts.get(row.generation or 0, ()),
            file.delimiter,
            row.data,
        )
        for row in file.rows()
    ]
    place = (file.header_text, file.encoding, file.line_end, file.layout, tuple(rows))
    return Base(*place, file.delimiter, file.preamble, file.header_data)


def raw_rows(file: LegacyFile) -> Any:
    """The raw rows of a file but for its name and time."""
    rows = no_rows()
    add_legacy_file(rows, file, RowIds())
    places = {"file_name", "file_path", "file_mtime"}
    return {
        name: [{key: row[key] for key in row.keys() - places} for row in table]
        for name, table in rows.items()
    }


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=csv_texts(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
    stray=st.integers(0, 20),
)
def test_what_nothing_changed_comes_out_byte_for_byte(
    tmp_path: Path, text: str, encoding: str, stray: int
) -> None:
    path = tmp_path / "old.csv"
    data = text.encode(encoding)
    if "16" not in encoding:  # a line that is not UTF-8
        lines = data.splitlines(keepends=True)
        data = b"".join(
            line.replace("é".encode(), b"\xe9") if number == stray else line
            for number, line in enumerate(lines)
        )
    path.write_bytes(data)
    file = read_file(path)
    there = [
        Person(row.values.get("row_id", ""), None, None, None, None, in_sheet=False)
        for row in file.rows()
    ]
    exported = export(base_of(file), there)
    assert exported.data == path.read_bytes()
    path.write_bytes(exported.data)
    assert raw_rows(read_file(path)) == raw_rows(file)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=csv_texts())
def test_a_guarded_file_loads_back_the_same(tmp_path: Path, text: str) -> None:
    path, safe_path = tmp_path / "old.csv", tmp_path / "safe.csv"
    path.write_bytes(text.encode())
    file = read_file(path)
    safe_path.write_bytes(export(base_of(file), [], safe=True).data)
    safe = read_file(safe_path)
    for row in safe.rows():
        assert not [c for c in Record.parse(row.text, safe.delimiter).cells if c.startswith(RISKY)]
    assert [row.cells for row in safe.rows()] == [row.cells for row in file.rows()]
    assert [row.values for row in safe.rows()] == [row.values for row in file.rows()]
    assert [row.content_sha256 for row in safe.rows()] == [r.content_sha256 for r in file.rows()]
    assert safe.generation == file.generation
    assert export(base_of(safe), [], safe=True).data == safe_path.read_bytes()
    assert export(base_of(safe), []).data == path.read_bytes()


@pytest.mark.parametrize("before", ["\u200b", "\ufeff", "\0", "\x01", "\u00ad", "\u2060", "\u202e"])
def test_what_takes_no_room_hides_no_formula(before: str) -> None:
    assert guard(f"{before}=1") == f"{before}'=1"
    assert unguard(f"{before}'=1") == f"{before}=1"


@given(CELL)
def test_a_guard_comes_off_and_leaves_nothing_risky(cell: str) -> None:
    assert unguard(guard(cell)) == cell
    assert not guard(cell).startswith(RISKY)


@given(st.text("a'=-\t\r\n;| \uff1d\u2028,\"\u200b\0\ufe66", max_size=8), st.sampled_from(",;\t|"))
def test_no_line_and_no_part_of_a_guarded_cell_is_a_formula(cell: str, delimiter: str) -> None:
    guarded = guard(cell, delimiter)
    assert unguard(guarded, delimiter) == cell
    comma = "" if delimiter == "," else ","
    for part in re.split(f"[\r\n\u2028;\t|{comma}]", guarded):
        assert not re.match(r"[\s\"\u200b\0]*[=\uff1d\ufe66-]", part)


@given(st.text("a,\"\r\n'", max_size=12))
def test_a_record_keeps_every_character(text: str) -> None:
    assert Record.parse(text).text == text
