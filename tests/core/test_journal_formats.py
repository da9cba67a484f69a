"""Journals of earlier and of later formats: the first are brought forward, the others stop."""

import json
import os
from pathlib import Path

import pytest

from rowkeeper.core.errors import DiskError, JournalDamagedError, NewerVersionError
from rowkeeper.core.events import EVENT_VERSION, AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.check import check
from rowkeeper.core.journal.formats import (
    FORMATS,
    bring_forward,
    check_formats,
    format_findings,
)
from rowkeeper.core.journal.journal import (
    read_segment,
    seal_abandoned,
    sealed_segments,
    write_sealed,
)
from rowkeeper.core.journal.lines import checked, to_line
from rowkeeper.core.journal.salvage import salvage
from tests.helpers.events import SESSION
from tests.helpers.journals import EVENTS, event_ids, made

ONE, TWO = new_id(), new_id()


def old_segment(folder: Path, name: str, events: list[AssetEvent], end: str = "\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(event.to_json() for event in events) + end, "utf-8")
    return path


def test_segments_of_format_1_are_sealed_anew(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    old_segment(folder, f"sealed/{ONE}.jsonl", EVENTS[:3])
    old_segment(folder, f"open/{TWO}.jsonl", EVENTS[3:5], '\n{"event_id":"ha')
    assert check_formats(folder) == dict.fromkeys(FORMATS, 1)
    bring_forward(folder)
    seal_abandoned(folder)
    assert check_formats(folder) == FORMATS
    names = sealed_segments(folder)
    assert set(names) == {ONE, TWO}
    assert [*read_segment(names[ONE]), *read_segment(names[TWO])] == EVENTS[:5]
    assert check(folder) == []
    assert (folder / f"aside/{TWO}.torn").read_text() == '{"event_id":"ha'


def test_sealing_anew_may_be_killed_and_done_again(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    old = old_segment(folder, f"sealed/{ONE}.jsonl", EVENTS)
    before = old.read_bytes()
    anew = write_sealed(folder, ONE, EVENTS)  # killed before the old one was removed
    assert sealed_segments(folder) == {ONE: anew}
    bring_forward(folder)
    assert len(list((folder / "sealed").iterdir())) == 1
    assert event_ids(folder) == {event.event_id for event in EVENTS}
    old.write_bytes(before)  # brought back by a backup
    bring_forward(folder)
    assert len(list((folder / "sealed").iterdir())) == 1
    assert check(folder) == []


def test_a_writer_that_was_killed_in_its_first_line_leaves_nothing(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal")
    left = folder / "open" / f"{new_id()}-open.jsonl"
    left.write_bytes(to_line(EVENTS[0], 1)[:40])
    assert seal_abandoned(folder) == 1
    assert sorted(path.stat().st_size for path in sealed_segments(folder).values())[0] == 0
    assert check(folder) == []


def test_a_damaged_segment_of_format_1_is_salvaged(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    path = old_segment(folder, f"sealed/{ONE}.jsonl", EVENTS)
    lines = path.read_bytes().split(b"\n")
    lines[3] = b"\x00" + lines[3][1:]
    path.write_bytes(b"\n".join(lines))
    bring_forward(folder)
    with pytest.raises(JournalDamagedError, match=rf"{ONE}\.jsonl, line 4: .* journal salvage"):
        list(read_segment(path))
    done = salvage(folder)
    assert done.row_ids == {"3"}
    assert len(event_ids(folder)) == len(EVENTS) - 1
    assert check(folder) == []


def test_each_change_of_the_file_of_the_formats_is_said_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    folder = made(tmp_path / "journal")
    path = folder / "format.json"
    data = path.read_bytes()
    flips = [
        data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
        for place in range(len(data))
        for bit in range(8)
    ]
    cuts = [data[:size] for size in range(len(data) - 1)]  # but for its line end
    for number, hurt in enumerate([*flips[:-8], *cuts]):
        path.write_bytes(hurt)
        (finding,) = format_findings(folder)
        assert not finding.lost
        if number % 40 == 0:
            with pytest.raises(JournalDamagedError, match="salvage"):
                bring_forward(folder)
            assert salvage(folder).lost == 0
            assert path.read_bytes() == data
    kept_elsewhere = path.rename(path.with_name(".format.json.icloud"))
    with pytest.raises(DiskError):
        format_findings(folder)
    kept_elsewhere.unlink()
    (finding,) = format_findings(folder)
    assert "it is missing" in str(finding)
    bring_forward(folder)
    assert (format_findings(folder), path.read_bytes()) == ([], data)


def test_formats_from_before_the_checksum_are_read_and_written_anew(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal")
    path = folder / "format.json"
    data = path.read_bytes()
    path.write_text(json.dumps(FORMATS))
    assert format_findings(folder) == []
    bring_forward(folder)
    assert path.read_bytes() == data
    path.write_text(json.dumps(FORMATS | {"folder": 7}))  # none of those versions wrote that
    assert len(format_findings(folder)) == 1


def test_events_and_formats_of_a_newer_version_stop_before_anything_is_written(
    tmp_path: Path,
) -> None:
    folder = made(tmp_path / "journal")
    (folder / "format.json").write_bytes(checked(b'{"folder": 2, "journal": 99, "loads": 2'))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for command in (check_formats, bring_forward, salvage):
        with pytest.raises(NewerVersionError, match=r"format 99 .* knows 3.*upgrade"):
            command(folder)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_whole_line_of_a_newer_version_stops(tmp_path: Path) -> None:
    class Newer(AssetEvent):
        def to_json(self) -> str:
            known = f'"event_version":{EVENT_VERSION},'
            return super().to_json().replace(known, '"event_version":99,"no_such_field":1,')

    folder = made(
        tmp_path / "journal", [Newer(event_type=EventType.DOWNLOADED, session_id=SESSION)]
    )
    (path,) = sealed_segments(folder).values()
    for command in (lambda: list(read_segment(path)), lambda: salvage(folder)):
        with pytest.raises(NewerVersionError, match="upgrade rowkeeper"):
            command()
