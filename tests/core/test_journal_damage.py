"""A hurt journal: each flipped bit, cut and missing file is said, and every whole event kept."""

import os
import random
import shutil
from pathlib import Path

import pytest

from rowkeeper.core.errors import JournalDamagedError, NewerVersionError
from rowkeeper.core.events import EVENT_VERSION, AssetEvent, EventType
from rowkeeper.core.ids import asset_id, new_id
from rowkeeper.core.journal.check import adopt, check, losses
from rowkeeper.core.journal.formats import FORMATS, bring_forward, check_formats
from rowkeeper.core.journal.journal import (
    Journal,
    read_segment,
    seal_abandoned,
    sealed_segments,
    write_sealed,
)
from rowkeeper.core.journal.manifest import read_manifest
from rowkeeper.core.journal.salvage import salvage
from rowkeeper.core.journal.segments import examine, to_line
from tests.helpers.kills import dying

EVENTS = [
    AssetEvent(
        event_type=EventType.DOWNLOADED,
        session_id="s",
        asset_id=asset_id(str(number), "direct", "*J\n{}", "file"),
        row_id=str(number),
        attempt=1,
        sha256="ab" * 32,
        details={"words": 'Ä "{,}" \\ ' + "x" * number},
    )
    for number in range(6)
]


def made(folder: Path, *parts: list[AssetEvent]) -> Path:
    for events in parts or (EVENTS,):
        with Journal(folder) as journal:
            for event in events:
                journal.append(event)
    bring_forward(folder)
    return folder


def event_ids(folder: Path) -> set[str]:
    return {
        event.event_id for path in sealed_segments(folder).values() for event in read_segment(path)
    }


@pytest.fixture
def one(tmp_path: Path) -> tuple[Path, Path, bytes, list[bytes]]:
    """A journal of one sealed segment: its folder, the segment, its bytes, those of its events."""
    folder = made(tmp_path / "journal")
    (path,) = sealed_segments(folder).values()
    data = path.read_bytes()
    return folder, path, data, [line for line in data.split(b"\n") if line]


def kept(lines: list[bytes], data: bytes) -> set[str]:
    """The ids of the events whose lines still stand in ``data``, by plain search."""
    return {event.event_id for event, line in zip(EVENTS, lines, strict=True) if line in data}


def put(path: Path, data: bytes | bytearray, place: int) -> None:
    """Write one byte of ``data`` in its place: a file that is written whole waits for the disk."""
    with path.open("r+b", buffering=0) as file:
        file.seek(place)
        file.write(data[place : place + 1])


def renewed(folder: Path, keep: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(keep, folder)


def test_every_flipped_bit_is_said_and_every_other_event_kept(
    one: tuple[Path, Path, bytes, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # 6,000 salvages, none of them for long
    folder, path, data, lines = one
    keep = tmp_path / "keep"
    shutil.copytree(folder, keep)
    places = random.Random(7).sample(range(len(data) * 8), 6000)
    for number, bit in enumerate(places):
        hurt = bytearray(data)
        hurt[bit // 8] ^= 1 << bit % 8
        put(path, hurt, bit // 8)
        found = examine(path)
        assert found.findings, bit
        whole = kept(lines, bytes(hurt))
        assert {event.event_id for event in found.events} == whole, bit
        assert len(whole) >= len(EVENTS) - 1
        if number % 60 == 0:
            assert any(finding.path == path for finding in check(folder))
            done = salvage(folder)
            assert done.kept == len(whole)
            assert event_ids(folder) == whole
            assert check(folder) == []
            renewed(folder, keep)
        put(path, data, bit // 8)


def test_a_flip_names_the_line_and_whom_it_concerns(
    one: tuple[Path, Path, bytes, list[bytes]],
) -> None:
    folder, path, data, lines = one
    place = data.index(lines[4]) + lines[4].index(b'"sha256":"') + 12
    hurt = bytearray(data)
    hurt[place] ^= 1
    path.write_bytes(hurt)
    (finding,) = check(folder)
    assert str(finding).startswith(f"{path}, line 5: its checksum does not fit")
    done = salvage(folder)
    assert (done.row_ids, done.asset_ids) == ({"4"}, {EVENTS[4].asset_id})
    assert done.is_certain
    assert done.set_aside[0].read_bytes() == bytes(hurt)


def test_a_line_end_that_is_hit_loses_nothing(one: tuple[Path, Path, bytes, list[bytes]]) -> None:
    folder, path, data, lines = one
    for place in (len(data) - 1, len(lines[0])):
        hurt = bytearray(data)
        hurt[place] ^= 2
        path.write_bytes(hurt)
        (finding,) = check(folder)
        assert not finding.lost
        assert len(examine(path).events) == len(EVENTS)


def test_every_cut_is_said_and_what_is_before_it_kept(
    one: tuple[Path, Path, bytes, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    folder, path, data, lines = one
    keep = tmp_path / "keep"
    shutil.copytree(folder, keep)
    for size in reversed(range(len(data))):
        os.truncate(path, size)
        found = examine(path)
        assert found.findings, size
        assert losses(folder), size
        whole = kept(lines, data[:size])
        assert {event.event_id for event in found.events} == whole
        if size % 97 == 0:
            salvage(folder)
            assert event_ids(folder) == whole
            assert check(folder) == []
            renewed(folder, keep)
            os.truncate(path, size)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [*lines[:3], *lines[4:]], "before it, event 4 is missing"),
        (lambda lines: [*lines[:3], *lines[5:]], "before it, events 4 to 5 are missing"),
        (lambda lines: [*lines, lines[2]], "event 3 stands where event 7 belongs"),
        (lambda lines: lines[:4], "6 events were sealed and 4 of them are whole"),
        (lambda lines: [*lines[:2], b"", *lines[2:]], "line 3"),
    ],
)
def test_lines_that_go_move_or_come_twice_are_said(
    one: tuple[Path, Path, bytes, list[bytes]], change: object, said: str
) -> None:
    folder, path, _, lines = one
    changed = change(lines)  # type: ignore[operator]
    path.write_bytes(b"".join(line + b"\n" for line in changed))
    assert said in "; ".join(map(str, check(folder)))
    salvage(folder)
    assert event_ids(folder) == kept(lines, b"".join(changed))


def test_a_segment_that_is_deleted_or_renamed_is_missed(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal", EVENTS[:2], EVENTS[2:])
    first, second = sealed_segments(folder).values()
    first.unlink()
    (finding,) = losses(folder)
    assert "this sealed segment is missing" in str(finding)
    second.rename(second.with_name("another.jsonl"))
    assert len(check(folder)) > 2
    done = salvage(folder)
    assert not done.is_certain
    assert check(folder) == []
    assert len(event_ids(folder)) in (2, 4)


def test_a_segment_that_the_disk_does_not_give_back_is_lost_and_set_aside(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal", EVENTS[:2], EVENTS[2:])
    first, _ = sealed_segments(folder).values()
    first.unlink()
    first.mkdir()
    assert "can't be read (Is a directory)" in "; ".join(map(str, check(folder)))
    assert not salvage(folder).is_certain
    assert check(folder) == []
    assert len(event_ids(folder)) in (2, 4)


def test_the_list_of_segments_is_checked_too(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal", EVENTS[:2], EVENTS[2:])
    manifest = folder / "manifest.jsonl"
    data = manifest.read_bytes()
    for bit in random.Random(7).sample(range(len(data) * 8), 300):
        hurt = bytearray(data)
        hurt[bit // 8] ^= 1 << bit % 8
        manifest.write_bytes(hurt)
        assert check(folder), bit
    for size in range(0, len(data) - 1, 7):
        manifest.write_bytes(data[:size])
        assert check(folder), size
    manifest.unlink()
    assert len(check(folder)) == 2
    adopt(folder)
    assert check(folder) == []


def test_half_a_line_of_a_killed_writer_is_not_in_the_way_of_the_list(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal", EVENTS[:2])
    with (folder / "manifest.jsonl").open("ab") as file:
        file.write(b'{"path":"sealed/')
    assert check(folder) == []
    made(folder, EVENTS[2:])
    assert check(folder) == []
    assert len(read_manifest(folder).entries) == 2


def old_segment(folder: Path, name: str, events: list[AssetEvent], end: str = "\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(event.to_json() for event in events) + end, "utf-8")
    return path


def test_segments_of_format_1_are_sealed_anew(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    old_segment(folder, "sealed/one.jsonl", EVENTS[:3])
    old_segment(folder, "open/two.jsonl", EVENTS[3:5], '\n{"event_id":"ha')
    assert check_formats(folder) == dict.fromkeys(FORMATS, 1)
    bring_forward(folder)
    seal_abandoned(folder)
    assert check_formats(folder) == FORMATS
    names = sealed_segments(folder)
    assert set(names) == {"one", "two"}
    assert [*read_segment(names["one"]), *read_segment(names["two"])] == EVENTS[:5]
    assert check(folder) == []
    assert (folder / "aside/two.torn").read_text() == '{"event_id":"ha'


def test_sealing_anew_may_be_killed_and_done_again(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    old = old_segment(folder, "sealed/one.jsonl", EVENTS)
    before = old.read_bytes()
    anew = write_sealed(folder, "one", EVENTS)  # killed before the old one was removed
    assert sealed_segments(folder) == {"one": anew}
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
    path = old_segment(folder, "sealed/one.jsonl", EVENTS)
    lines = path.read_bytes().split(b"\n")
    lines[3] = b"\x00" + lines[3][1:]
    path.write_bytes(b"\n".join(lines))
    bring_forward(folder)
    with pytest.raises(JournalDamagedError, match=r"one\.jsonl, line 4: .* journal salvage"):
        list(read_segment(path))
    done = salvage(folder)
    assert done.row_ids == {"3"}
    assert len(event_ids(folder)) == len(EVENTS) - 1
    assert check(folder) == []


def test_a_salvage_may_be_killed_anywhere_and_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path / "journal", EVENTS[:3], EVENTS[3:])
    first, second = sealed_segments(folder).values()
    whole = {event.event_id for path in (first, second) for event in list(read_segment(path))[1:]}
    for path in (first, second):
        path.write_bytes(b"x" + path.read_bytes()[1:])
    keep = tmp_path / "keep"
    shutil.copytree(folder, keep)
    for steps in range(40):
        calls = iter(range(steps))
        with monkeypatch.context() as patched:
            for name in ("rename", "replace"):
                patched.setattr(Path, name, dying(getattr(Path, name), calls))
            try:
                salvage(folder)
                ended = True
            except KeyboardInterrupt:
                ended = False
        salvage(folder)
        assert event_ids(folder) == whole, steps
        assert check(folder) == []
        if ended:
            return
        renewed(folder, keep)
    pytest.fail("the salvage never came to its end")


def test_events_and_formats_of_a_newer_version_stop_before_anything_is_written(
    tmp_path: Path,
) -> None:
    folder = made(tmp_path / "journal")
    (folder / "format.json").write_text('{"folder": 2, "journal": 99, "loads": 2}')
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for command in (check_formats, bring_forward, salvage):
        with pytest.raises(NewerVersionError, match=r"format 99 .* knows 3.*upgrade"):
            command(folder)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("line", ['{"event_version": 99', '{"no_such_field": 1'])
def test_a_whole_line_that_is_not_known_is_of_a_newer_version(tmp_path: Path, line: str) -> None:
    class Newer(AssetEvent):
        def to_json(self) -> str:
            known = f'"event_version":{EVENT_VERSION},'
            return super().to_json().replace("{", line + ",", 1).replace(known, "")

    folder = made(tmp_path / "journal", [Newer(event_type=EventType.DOWNLOADED, session_id="s")])
    (path,) = sealed_segments(folder).values()
    for command in (lambda: list(read_segment(path)), lambda: salvage(folder)):
        with pytest.raises(NewerVersionError, match="upgrade rowkeeper"):
            command()
