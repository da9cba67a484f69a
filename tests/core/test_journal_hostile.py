"""What others put into a journal: it is told, costs no event of ours and lets nobody wait."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rowkeeper.core.drain import drain
from rowkeeper.core.errors import DiskError
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.check import check
from rowkeeper.core.journal.formats import (
    bring_forward,
)
from rowkeeper.core.journal.journal import (
    sealed_segments,
)
from rowkeeper.core.journal.lines import checked, to_line, whole_in
from rowkeeper.core.journal.salvage import salvage
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.warehouse import Target
from tests.helpers.journals import EVENTS, event_ids, made

NOWHERE = Target(name="dev", type="duckdb", path="/nowhere/w.duckdb")


def event_line(**odd: object) -> bytes:
    """The second event with other values, as a line holds it."""
    return json.dumps({**json.loads(EVENTS[1].to_json()), **odd}).encode()[:-1]


@pytest.mark.parametrize("sub", ["sealed", "open"])
def test_a_pipe_among_the_segments_lets_nobody_wait(tmp_path: Path, sub: str) -> None:
    folder = made(tmp_path / "journal", EVENTS[:2], EVENTS[2:])
    first, _ = sealed_segments(folder).values()
    place = folder / sub / (first.name if sub == "sealed" else f"{new_id()}-open.jsonl")
    place.unlink(missing_ok=True)
    place.parent.mkdir(exist_ok=True)
    os.mkfifo(place)
    assert "can't be read (it is no file)" in "; ".join(map(str, check(folder)))
    salvage(folder)
    assert len(event_ids(folder)) == 6 if sub == "open" else len(event_ids(folder)) in (2, 4)


@pytest.mark.parametrize("name", ["manifest.jsonl", "format.json"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_under_a_name_of_the_journal_is_said(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    folder = made(tmp_path / "journal", EVENTS[:2])
    (folder / name).unlink()
    make(folder / name)
    for command in (bring_forward, salvage, lambda at: drain(at, NOWHERE)):
        if name == "format.json" or command is not bring_forward:
            with pytest.raises(DiskError, match=f"{name} is no file: move it away"):
                command(folder)


@pytest.mark.parametrize(
    "line",
    [
        *(
            b'{"x":1',
            b'{"path":1',
            b'{"path":["a"]',
            b'{"gone":true',
            b'["path"',
            b'{"path":"../x"',
        ),
        *(b'{"path":"sealed/%s"' % (b"a" * 5000), b'{"path":"a","size_bytes":"1"', b"{"),
        *(b'{"path":"a","sha256":[]', b'{"path":"a","size_bytes":-1', b'{"path":"\\ud800"'),
    ],
)
def test_a_whole_line_of_the_list_that_nobody_wrote_is_told(tmp_path: Path, line: bytes) -> None:
    folder = made(tmp_path / "journal", EVENTS[:2])
    with (folder / "manifest.jsonl").open("ab") as file:
        file.write(checked(line))
    (finding,) = check(folder)
    assert "line 2: no rowkeeper wrote it" in str(finding)
    salvage(folder)
    assert check(folder) == []


@pytest.mark.parametrize(
    "line",
    [
        *(
            b'{"a":1',
            b"[1",
            b'{"details":"%s"' % (b"[" * 200),
            b'{"event_id":"\xff"',
            b'{"a":1e999',
        ),
        *(b'{"attempt":' + b"9" * 5000, b'{"event_version":true'),
        event_line(event_type="no_such_type"),
        event_line(no_such_field=1),
        event_line(filename="\0"),
        event_line(details={"words": {"\0": 1}}),
        event_line(details={"check": "٣"}),
    ],
)
def test_a_whole_line_that_is_no_event_costs_no_other(tmp_path: Path, line: bytes) -> None:
    folder = tmp_path / "journal"
    (folder / "open").mkdir(parents=True)
    lines = [to_line(EVENTS[0], 1), checked(line + b',"_line":2'), to_line(EVENTS[2], 3)]
    (folder / "open" / f"{new_id()}-open.jsonl").write_bytes(b"".join(lines))
    wanted = {EVENTS[0].event_id, EVENTS[2].event_id}
    target = Target(name="dev", type="duckdb", path=str(tmp_path / "w.duckdb"))
    found: list[Finding] = []
    assert drain(folder, target, found) == 2
    (finding,) = found
    assert "no rowkeeper wrote" in str(finding)
    assert salvage(folder).kept == 2
    assert event_ids(folder) == wanted
    assert check(folder) == []


def test_a_damaged_line_of_many_begins_takes_no_time() -> None:
    begun = time.process_time()
    assert not list(whole_in(b'{"a":' * 400_000 + b',"_crc32":"00000000"}\n'))
    assert time.process_time() - begun < 20  # hours
