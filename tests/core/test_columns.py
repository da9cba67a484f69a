"""Segments read as columns: what is read is what is read line by line, and nothing odd is."""

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core.events import FIELDS, AssetEvent, EventType, details_text
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal import columns
from rowkeeper.core.journal.columns import ColumnReader
from rowkeeper.core.journal.journal import write_sealed
from rowkeeper.core.journal.lines import checked, to_line
from rowkeeper.core.journal.segments import believed, sealed_name
from tests.fuzz_hostile import JUST_SO, ODD
from tests.helpers.events import about
from tests.helpers.events import event as download
from tests.helpers.random_events import random_events

FIRST, LAST = download(1), download(3)
SECOND = json.loads(download(2).to_json())


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[ColumnReader]:
    monkeypatch.setattr(columns, "FEW_BYTES", 0)
    with closing(ColumnReader()) as made:
        yield made


def rows_of(events: list[AssetEvent]) -> list[dict[str, Any]]:
    return [item.values() | {"details": details_text(item.details)} for item in events]


def compact(values: dict[str, Any]) -> bytes:
    """As a line has them, without its end."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8", "surrogatepass")[:-1]


def sealed(folder: Path, *lines: bytes) -> Path:
    """A segment of these bytes, whatever they are."""
    data = b"".join(lines)
    name = sealed_name(new_id(), len(lines), hashlib.sha256(data).hexdigest())
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def amid(folder: Path, body: bytes) -> Path:
    """A segment in which that is the second of three lines."""
    return sealed(folder, to_line(FIRST, 1), checked(body + b',"_line":2'), to_line(LAST, 3))


def test_all_that_is_written_here_is_read(
    reader: ColumnReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "BLOCK_BYTES", 20_000)
    odd = [
        replace(FIRST, event_id=new_id(), filename=text, details={text: [text]})
        for text in ('"', "\\", "a\tb\r\nc", "", "{}", "null", "\u2028ß\U0001f600", "'", "/")
    ]
    odd.append(AssetEvent(event_type=EventType.SESSION_STARTED, session_id=FIRST.session_id))
    assets = [tuple(about(number).values()) for number in range(5)]
    logs = [random_events(random.Random(7), assets, 200), odd]
    paths = [write_sealed(tmp_path, new_id(), log) for log in logs]
    read = reader.read(paths)
    assert read is not None
    table, whole = read
    assert table.column_names == list(FIELDS)
    assert table.to_pylist() == rows_of([event for log in logs for event in log])
    assert [(item.path, item.events) for item in whole] == [
        (path, len(log)) for path, log in zip(paths, logs, strict=True)
    ]
    assert all(item.sha256 == believed(item.path).sha256 for item in whole)


@pytest.mark.parametrize(
    "body",
    [
        b" " + compact(SECOND),
        json.dumps(SECOND).encode()[:-1],
        json.dumps(dict(reversed(SECOND.items())), separators=(",", ":")).encode()[:-1],
        compact(SECOND).replace(b'"attempt":1', b'"attempt":1.0'),
        compact(SECOND).replace(b'"attempt":1', b'"attempt":1,"attempt":1'),
        compact(SECOND).replace(b'"attempt":1', b'"attempt":"1"'),
        compact(SECOND).replace(b'"row_id":"2"', b'"row_id":2'),
        compact(SECOND).replace(b'"row_id":"2"', rb'"row_id":"\u0032"'),
        compact(SECOND).replace(b'"row_id":"2"', b'"row_id":"\xed\xa0\x80"'),
        compact(SECOND).replace(b'"details":{}', b'"details":{"a": 1}'),
        compact(SECOND).replace(b'"details":{}', b'"details":{"a":1e999}'),
        compact(SECOND).replace(
            b'"details":{}', b'"details":%s' % (b'{"a":' * 100 + b"1" + b"}" * 100)
        ),
        compact({**SECOND, "filename": None}),
        compact({**SECOND, "no_such_field": 1}),
        compact({**SECOND, "_line": 2}),
        compact({**SECOND, "event_version": 99}),
        compact({**SECOND, "event_id": FIRST.event_id}),
        compact({name: value for name, value in SECOND.items() if name != "event_version"}),
        compact({name: value for name, value in SECOND.items() if name != "details"}),
        b"[1",
    ],
)
def test_a_line_that_is_written_otherwise_is_left_to_who_reads_lines(
    reader: ColumnReader, tmp_path: Path, body: bytes
) -> None:
    assert reader.read([amid(tmp_path, body)]) is None


def test_of_what_stands_in_events_the_same_is_believed(
    reader: ColumnReader, tmp_path: Path
) -> None:
    """Whatever is damage line by line is not read; what is read has the same rows."""
    read = 0
    values = [*ODD, *JUST_SO, "2", new_id(), new_id().upper(), EventType.FILE_LOST.value]
    dice = random.Random(5)
    for number, (name, value) in enumerate((name, value) for name in FIELDS for value in values):
        if dice.random() < 0.7:
            continue
        told = {**SECOND, name: value}
        path = amid(tmp_path / str(number), compact(told))
        found, wanted = reader.read([path]), believed(path)
        if wanted.findings:
            assert found is None, (name, value)
        if found is not None:
            assert found[0].to_pylist() == rows_of(wanted.events)
            read += 1
    assert read > 50


@pytest.mark.parametrize(
    ("usual", "name", "odd"),
    [
        ({}, "event_type", EventType.UPLOADED),
        ({}, "attempt", 0),
        ({}, "occurred_at", "2026-01-01T25:00:00.000000+00:00"),
        ({}, "occurred_at", SECOND["occurred_at"][:14] + "61:00.000000+00:00"),
        ({"verdict": "retry", "event_type": EventType.DOWNLOAD_FAILED}, "verdict", "never"),
        ({"total_assets": 1}, "total_assets", 1 << 40),
        ({"event_type": EventType.FILE_VERIFIED, "details": {"check": 1}}, "details", {}),
        ({}, "sha256", None),
    ],
)
def test_an_event_among_others_that_are_nearly_so_is_looked_at(
    reader: ColumnReader, tmp_path: Path, usual: dict[str, Any], name: str, odd: Any
) -> None:
    def told(*changes: dict[str, Any]) -> Path:
        lines = []
        for number, change in enumerate(changes, start=1):
            values = SECOND | usual | change | {"event_id": new_id()}
            values = {key: value for key, value in values.items() if value is not None}
            lines.append(checked(compact(values) + b',"_line":%d' % number))
        return sealed(tmp_path, *lines)

    assert reader.read([told({}, {}, {})]) is not None
    assert believed(path := told({}, {name: odd}, {})).findings
    assert reader.read([path]) is None


def test_damage_is_left_to_who_reads_lines(reader: ColumnReader, tmp_path: Path) -> None:
    path = write_sealed(tmp_path, new_id(), [download(number) for number in range(20)])
    data = path.read_bytes()
    assert reader.read([path]) is not None
    for bit in random.Random(7).sample(range(len(data) * 8), 300):
        hurt = bytearray(data)
        hurt[bit // 8] ^= 1 << bit % 8
        path.write_bytes(hurt)
        assert reader.read([path]) is None, bit
    lines = data.splitlines(keepends=True)
    for left in (lines[:-1], lines[1:], [*lines, lines[-1]], [lines[1], lines[0], *lines[2:]]):
        path.write_bytes(b"".join(left))
        assert reader.read([path]) is None
    path.write_bytes(data)
    other = sealed_name(new_id(), 20, "0" * 64)
    for name in (path.name.replace("-20-", "-19-"), other, f"{new_id()}.jsonl"):
        path = path.rename(path.with_name(name))
        assert reader.read([path]) is None
    assert reader.read([tmp_path / "sealed" / "gone"]) is None


def test_a_damaged_line_that_was_sealed_so_is_not_read(
    reader: ColumnReader, tmp_path: Path
) -> None:
    """Its writer was killed, and the bytes were damaged before they were sealed."""
    lines = [to_line(download(number), number) for number in (1, 2, 3)]
    lines[1] = lines[1].replace(about(2)["asset_id"].encode(), about(9)["asset_id"].encode())
    assert reader.read([sealed(tmp_path, *lines)]) is None
