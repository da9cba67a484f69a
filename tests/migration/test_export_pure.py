"""Exports without a warehouse: changes that show, states in the old words, earlier contents."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core import clock
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.errors import UsageError
from rowkeeper.core.files import kept_files, write_keeping, write_whole
from rowkeeper.migration.export.base import Base, BaseRow, Person
from rowkeeper.migration.export.table import empty_base, export
from rowkeeper.migration.export.tracking import AssetState, tracking_cells


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
    exported = export(
        base(5, '1,"Ann", a@x.org ,MF,', '2,"B ""x""",,,'),
        [person("1", type="FF, odd"), person("2", name='B "x"', email="", type="")],
    )
    assert lines(exported.data) == ['1,"Ann", a@x.org ,"FF, odd",', '2,"B ""x""",,,']
    assert (exported.unchanged, exported.changed, exported.appended) == (1, 1, 0)


def test_a_person_who_left_the_sheet_stays_as_written() -> None:
    exported = export(base(5, "1,Ann,,,"), [person("1", name="Other", in_sheet=False)])
    assert lines(exported.data) == ["1,Ann,,,"]


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
    exported = export(base(7, *rows), [person("1", email="new@x.org")])
    assert lines(exported.data) == [rows[0], "Ann,new@x.org,,-,,,"]


def test_a_link_is_compared_by_what_it_leads_to() -> None:
    link = "https://www.youtube.com/watch?v=abcdefghijk"
    row = "1,Ann,a@x.org,MF,https://youtu.be/abcdefghijk"
    assert lines(export(base(5, row, link=link), [person("1", link=link)]).data) == [row]
    exported = lines(export(base(5, row, link=link), [person("1", link=link + "x")]).data)
    assert exported == [f"1,Ann,a@x.org,MF,{link}x"]


def test_what_an_old_encoding_cannot_hold_is_written_in_utf_8() -> None:
    exported = export(replace(base(5), encoding="cp1252"), [person("1", name="Łucja")])
    assert exported.encoding == "utf-8-sig"
    assert "Łucja" in exported.data.decode("utf-8-sig")


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
    written = tracked(*states, **row)
    assert {name: written[name] for name in cells} == cells
    changed = set(written) - set(cells)
    assert changed <= {
        *("last_download_attempt", "youtube_media_id", "youtube_files"),
        *("file_uuids", "s3_paths"),
    }


def test_old_objects_stay_listed_beside_new_ones() -> None:
    old = {"file_uuids": '{"YouTube: abcdefghijk": "u"}', "s3_paths": '{"u": "files/u.mp4"}'}
    cells = tracked(state(), **old)
    assert json.loads(cells["s3_paths"]) == {"u": "files/u.mp4", "a1": "people/1/a1.mp4"}
    assert json.loads(cells["file_uuids"]) == {"YouTube: abcdefghijk": "a1"}
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


@pytest.mark.parametrize("step", [timedelta(0), timedelta(days=-365), timedelta(days=365)])
def test_whatever_the_clock_does_the_newest_contents_are_kept(
    step: timedelta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = (datetime(2026, 12, 31, 23, 59, 59, 999999, UTC) + step * n for n in range(9))
    monkeypatch.setattr(clock, "now", lambda: next(moments))
    path = tmp_path / "output.csv"
    for content in (b"1", b"2", b"3", b"4", b"5"):
        write_keeping(path, content, keep=2)
    assert [kept.read_bytes() for kept in kept_files(path)] == [b"3", b"4"]


def test_a_place_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="give another place"):
        write_whole(tmp_path / "file" / "output.csv", b"")
