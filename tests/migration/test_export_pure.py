"""Exports without a warehouse: bytes that come back, guards that come off, changes that show."""

import csv
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.legacy_reading import LegacyFile, read_file
from loaders.row_keys import RowIds
from loaders.schemas import no_rows
from loaders.tables import add_legacy_file
from rowkeeper.core.csv.guard import guard, unguard
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.errors import UsageError
from rowkeeper.core.files import kept_files, write_keeping, write_whole
from rowkeeper.migration.export.base import Base, BaseRow, Person
from rowkeeper.migration.export.records import Record
from rowkeeper.migration.export.table import empty_base, export
from rowkeeper.migration.export.tracking import AssetState, tracking_cells

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
        for row in file.rows
    ]
    place = (file.header_text, file.encoding, file.line_end, file.layout, tuple(rows))
    return Base(*place, file.delimiter, file.preamble, file.header_data)


def raw_rows(file: LegacyFile) -> Any:
    """The raw rows of a file but for its name and time."""
    rows = no_rows()
    add_legacy_file(rows, file, RowIds())
    for table in rows.values():
        for row in table:
            for name in ("file_name", "file_path", "file_mtime"):
                row.pop(name, None)
    return rows


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
        for row in file.rows
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
    for row in safe.rows:
        assert not [c for c in Record.parse(row.text, safe.delimiter).cells if c.startswith(RISKY)]
    assert [row.cells for row in safe.rows] == [row.cells for row in file.rows]
    assert [row.values for row in safe.rows] == [row.values for row in file.rows]
    assert [row.content_sha256 for row in safe.rows] == [r.content_sha256 for r in file.rows]
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


def person(row_id: str, **cells: Any) -> Person:
    known = {"name": "Ann", "email": "a@x.org", "type": "MF", "link": None, "in_sheet": True}
    return Person(row_id, **{**known, **cells})


def base(generation: int, *rows: str, line_end: str = "\r\n", link: str = "") -> Base:
    columns = GENERATIONS[generation]
    has_id = columns[0] == "row_id"
    made = [
        BaseRow(row + line_end, row.partition(",")[0] if has_id else "1", link, columns)
        for row in rows
    ]
    return Base(",".join(columns) + line_end, "utf-8", "CRLF", columns, tuple(made))


def lines(data: bytes) -> list[str]:
    return data.decode().split("\r\n")[1:-1]


def test_only_the_changed_cell_changes() -> None:
    found = export(
        base(5, '1,"Ann", a@x.org ,MF,', '2,"B ""x""",,,'),
        [person("1", type="FF, odd"), person("2", name='B "x"', email="", type="")],
    )
    assert lines(found.data) == ['1,"Ann", a@x.org ,"FF, odd",', '2,"B ""x""",,,']
    assert (found.unchanged, found.changed, found.appended) == (1, 1, 0)


def test_a_person_who_left_the_sheet_stays_as_written() -> None:
    found = export(base(5, "1,Ann,,,"), [person("1", name="Other", in_sheet=False)])
    assert lines(found.data) == ["1,Ann,,,"]


def test_people_of_the_sheet_are_appended_in_row_id_order_after_a_line_end() -> None:
    start = base(5, "1,Ann,a@x.org,MF,")
    cut = replace(start, rows=(replace(start.rows[0], text=start.rows[0].text.rstrip()),))
    people = [person(str(n), name=f"P{n}") for n in (10, 9, 1)] + [person("8", in_sheet=False)]
    people[2] = person("1")
    appended = ["9,P9,a@x.org,MF,", "10,P10,a@x.org,MF,"]
    assert lines(export(cut, people).data) == ["1,Ann,a@x.org,MF,", *appended]


def test_without_row_ids_the_last_row_of_a_person_shows_the_change() -> None:
    rows = ["Ann,a@x.org,MF,,,,", "Ann,a@x.org,,-,,,"]
    assert lines(export(base(7, *rows), [person("1")]).data) == rows
    found = export(base(7, *rows), [person("1", email="new@x.org")])
    assert lines(found.data) == [rows[0], "Ann,new@x.org,,-,,,"]


def test_a_link_is_compared_by_what_it_leads_to() -> None:
    link = "https://www.youtube.com/watch?v=abcdefghijk"
    row = "1,Ann,a@x.org,MF,https://youtu.be/abcdefghijk"
    assert lines(export(base(5, row, link=link), [person("1", link=link)]).data) == [row]
    found = lines(export(base(5, row, link=link), [person("1", link=link + "x")]).data)
    assert found == [f"1,Ann,a@x.org,MF,{link}x"]


def test_what_an_old_encoding_cannot_hold_is_written_in_utf_8() -> None:
    found = export(replace(base(5), encoding="cp1252"), [person("1", name="Łucja")])
    assert found.encoding == "utf-8-sig"
    assert "Łucja" in found.data.decode("utf-8-sig")


def state(**values: Any) -> AssetState:
    known: dict[str, Any] = {
        "asset_id": "a1",
        "provider": "youtube",
        "media_id": "abcdefghijk",
        "kind": "video",
        "url": "https://www.youtube.com/watch?v=abcdefghijk",
        "download_status": "completed",
        "upload_status": "completed",
        "verdict": None,
        "error_message": None,
        "filename": None,
        "object_key": "people/1/a1.mp4",
        "object_uuid": None,
        "is_live": True,
        "attempted_at": datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    }
    return AssetState(**{**known, **values})


def tracked(*states: AssetState, **row: str) -> dict[str, str]:
    return tracking_cells(states, {**dict.fromkeys(GENERATIONS[21], ""), **row})


def test_an_archived_video_fills_its_cells() -> None:
    transcript = state(
        asset_id="a2", kind="transcript", download_status="failed", verdict="permanent"
    )
    assert tracked(state(), transcript, download_errors="old") == {
        "youtube_status": "completed",
        "youtube_files": "abcdefghijk.mp4",
        "youtube_media_id": "abcdefghijk",
        "last_download_attempt": "2026-01-02T03:04:05.000006",
        "file_uuids": '{"YouTube: abcdefghijk": "a1"}',
        "s3_paths": '{"a1": "people/1/a1.mp4"}',
    }


@pytest.mark.parametrize(
    ("states", "row", "cells"),
    [
        (
            [state(download_status="failed", verdict="permanent", error_message="gone")],
            {"permanent_failure": "drive"},
            {
                "youtube_status": "failed",
                "permanent_failure": "drive,youtube",
                "download_errors": "gone",
            },
        ),
        (
            [state(download_status="failed", verdict="retry", error_message="busy")],
            {"permanent_failure": "youtube,drive", "download_errors": "old"},
            {
                "youtube_status": "failed",
                "permanent_failure": "drive",
                "download_errors": "old; busy",
            },
        ),
        (
            [state(), state(media_id="zzzzzzzzzzz", download_status="failed")],
            {"youtube_files": "abcdefghijk.mp4;more.vtt"},
            {"youtube_status": "partial"},
        ),
        (
            [state(download_status="pending")],
            {"youtube_status": "failed"},
            {"youtube_status": "pending"},
        ),
        (
            [state(provider="drive", kind="file", media_id="1" * 33, filename="a b.docx")],
            {"drive_files": "-"},
            {"drive_status": "completed", "drive_files": "a b.docx", "drive_media_id": "1" * 33},
        ),
    ],
)
def test_states_show_in_the_old_words(
    states: list[AssetState], row: dict[str, str], cells: dict[str, str]
) -> None:
    found = tracked(*states, **row)
    assert {name: found[name] for name in cells} == cells
    changed = set(found) - set(cells)
    assert changed <= {
        *("last_download_attempt", "youtube_media_id", "youtube_files"),
        *("file_uuids", "s3_paths"),
    }


def test_old_objects_stay_listed_beside_new_ones() -> None:
    old = {"file_uuids": '{"YouTube: abcdefghijk": "u"}', "s3_paths": '{"u": "files/u.mp4"}'}
    found = tracked(state(), **old)
    assert json.loads(found["s3_paths"]) == {"u": "files/u.mp4", "a1": "people/1/a1.mp4"}
    assert json.loads(found["file_uuids"]) == {"YouTube: abcdefghijk": "a1"}
    assert "s3_paths" not in tracked(state(), file_uuids="{broken")


def test_assets_that_only_the_old_system_knew_leave_a_row_alone() -> None:
    row = ",".join(["1", "Ann", "a@x.org", "MF"] + [""] * 17)
    claimed = replace(person("1"), assets=(state(is_live=False),))
    assert lines(export(base(21, row), [claimed]).data) == [row]
    fresh = export(empty_base(21), [claimed], fresh=True).data.decode()
    assert "abcdefghijk.mp4" in fresh


def test_claims_fill_what_the_files_leave_blank_in_a_new_row() -> None:
    claimed = state(is_live=False, download_status="failed", verdict="permanent", upload_status="")
    known = {"1": {"youtube_status": ["failed"], "download_errors": ["removed"]}}
    made = export(empty_base(21), [replace(person("1"), assets=(claimed,))], known=known)
    (row,) = csv.DictReader(made.data.decode().splitlines())
    assert (row["youtube_status"], row["download_errors"]) == ("failed", "removed")
    assert (row["youtube_media_id"], row["permanent_failure"]) == ("abcdefghijk", "youtube")


def test_earlier_contents_are_kept_and_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "legacy" / "output.csv"
    for content in (b"1", b"1", b"2", b"3", b"4"):
        write_keeping(path, content, keep=2)
    assert path.read_bytes() == b"4"
    assert [kept.read_bytes() for kept in kept_files(path)] == [b"2", b"3"]
    assert len(list(path.parent.iterdir())) == 3


def test_a_place_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="give another place"):
        write_whole(tmp_path / "file" / "output.csv", b"")
