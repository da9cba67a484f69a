"""A hurt journal: each flipped bit, cut and missing file is said, and every whole event kept."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rowkeeper.core.ids import new_id
from rowkeeper.core.journal import kept_files
from rowkeeper.core.journal.check import adopt, check, losses
from rowkeeper.core.journal.journal import (
    Journal,
    read_segment,
    seal_abandoned,
    sealed_segments,
)
from rowkeeper.core.journal.lines import to_line
from rowkeeper.core.journal.manifest import read_manifest
from rowkeeper.core.journal.salvage import salvage
from rowkeeper.core.journal.segments import examine
from tests.helpers.journals import EVENTS, event_ids, made, renewed
from tests.helpers.kills import dying


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
    second.rename(second.with_name(f"{new_id()}.jsonl"))
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


def kept_load(folder: Path) -> Path:
    load = folder / "loads" / new_id()
    load.mkdir(parents=True)
    (load / "rows.jsonl").write_text("{}\n")
    kept_files.write_hashes(load)
    kept_files.note_load(folder, load)
    return load


def test_a_kept_load_that_the_list_lost_is_said(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal")
    load = kept_load(folder)
    assert check(folder) == []
    manifest = folder / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    for left in (lines[:1], [lines[0], lines[1][:20]]):
        manifest.write_bytes(b"".join(left))
        (finding,) = check(folder)
        assert (finding.path, finding.lost) == (load, False)
    salvage(folder)
    assert check(folder) == []


def test_the_torn_line_of_a_killed_writer_is_said(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal", EVENTS[:2])
    with Journal(folder) as journal:
        journal.append(EVENTS[2])
        (path,) = (folder / "open").glob("*.jsonl")
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"event')
        assert check(folder) == []  # its writer may be at it
        path.write_bytes(whole)
    left = folder / "open" / f"{new_id()}-open.jsonl"
    data = to_line(EVENTS[3], 1)
    for size in range(1, len(data) - 1):
        left.write_bytes(data[:size])
        (finding,) = check(folder)
        assert "torn" in str(finding)
        assert not finding.lost
    assert seal_abandoned(folder) == 1
    assert check(folder) == []


@pytest.mark.parametrize(
    ("rename", "said"),
    [
        (lambda name: name.replace("-6-", "-9-"), "its name says 9 events"),
        (lambda name: name.replace("-6-", "-2-"), "its name says 2 events"),
        (lambda name: name[:-7] + "x.jsonl".replace("x", "0" if name[-7] != "0" else "1"), ""),
    ],
)
def test_a_name_alone_that_was_changed_loses_nothing(
    one: tuple[Path, Path, bytes, list[bytes]], rename: Callable[[str], str], said: str
) -> None:
    folder, path, *_ = one
    path.rename(path.with_name(rename(path.name)))
    found = check(folder)
    assert found
    assert not [finding for finding in found if finding.lost]
    assert said in "; ".join(map(str, found))
    done = salvage(folder)
    assert (done.kept, done.lost, done.is_certain) == (6, 0, True)
    assert event_ids(folder) == {event.event_id for event in EVENTS}
    assert check(folder) == []


def test_a_renamed_segment_that_was_cut_is_lost_as_far_as_it_is(
    one: tuple[Path, Path, bytes, list[bytes]],
) -> None:
    folder, path, _, lines = one
    path.write_bytes(lines[0] + b"\n")
    path.rename(path.with_name(path.name.replace("-6-", "-1-")))
    assert any(finding.lost for finding in check(folder))
    assert salvage(folder).lost > 0
