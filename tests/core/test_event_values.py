"""Whole lines of a journal whose values no event has: told as damage, and no reason to stop."""

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core.drain import drain
from rowkeeper.core.errors import RowkeeperError
from rowkeeper.core.event_values import EventValueError, check_values
from rowkeeper.core.events import EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.lines import checked
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.warehouse import Target
from tests.fuzz_hostile import ODD
from tests.helpers.events import event as download

NO_EVENTS = [
    *(b'{"a":1', b"[[", b"{", b'{"path":["a"]', b'{"gone":true', b'{"event_id":"\xff"', b"\0"),
    *(b'{"attempt":' + b"9" * 5000, b'{"a":' * 300, b'{"a":"' + b'\\"' * 9999, b'{"a":1e999'),
]
SECONDS = 10


def event(**values: Any) -> dict[str, Any]:
    made = download(1)
    return {**json.loads(made.to_json()), **values}


@pytest.mark.parametrize(
    "values",
    [
        {"attempt": "1"},
        {"attempt": True},
        {"size_bytes": 1 << 63},
        {"row_id": 7},
        {"filename": "\ud800"},
        {"row_id": "a\0"},
        {"details": {"a": ["\0"]}},
        {"details": {"\0": 1}},
        {"details": {"check": "٣"}},
        {"occurred_at": "２026-01-01T00:00:00"},
        {"occurred_at": "yesterday"},
        {"occurred_at": "9999-12-31T23:59:59+00:00"},
        {"occurred_at": "2026-01-01T00:00:00+16:00"},
        {"total_assets": 2**31},
        {"details": []},
        {"details": {"check": 1.5}},
        {"details": {"complete": "perhaps"}},
        {"details": {"complete": []}},
        {"verdict": "perhaps"},
        {"session_id": None},
        {"details": {"next_try_at": "2026-13-01T00:00:00"}},
        {"details": {"a": ["\ud800"]}},
        {"session_id": "s"},
        {"session_id": new_id().upper()},
        {"asset_id": "1"},
        {"parent_asset_id": new_id().replace("-", "")},
        {"asset_id": None},
        {"row_id": None},
        {"attempt": 0},
        {"sha256": None},
        {"object_key": None, "event_type": EventType.UPLOADED},
        {"object_key": None, "event_type": EventType.OBJECT_FOUND},
        {"local_path": None, "event_type": EventType.FILE_DROPPED},
        {"details": {}, "event_type": EventType.FILE_LOST},
    ],
)
def test_a_value_that_no_event_has_is_named(values: dict[str, Any]) -> None:
    with pytest.raises(EventValueError, match=next(iter(values))):
        check_values(event(**values))


def test_what_events_have_is_believed() -> None:
    details = {
        "check": 3,
        "listing": None,
        "complete": False,
        "title": "é\U0001f600",
        "stated": "7",
    }
    check_values(event(details=details, filename="[/red]=1+1"))


def test_random_hostile_journals_end_in_words(tmp_path: Path) -> None:
    """The whole events of each are in the table, the others are told with their line."""
    draw = random.Random(25)
    names = [name for name in event() if name not in {"event_id", "event_type"}]
    target = Target(name="dev", type="duckdb", path=str(tmp_path / "w.duckdb"))
    for number in range(100):
        folder = tmp_path / str(number) / "journal"
        (folder / "open").mkdir(parents=True)
        lines, good = [], 0
        for line in range(1, draw.randint(3, 8)):
            odd = {draw.choice([*names, "details"]): draw.choice(ODD) for _ in range(line % 3)}
            body = json.dumps(event(**odd)).encode()[:-1] + b',"_line":%d' % line
            is_event = draw.random() > 0.1
            lines.append(
                checked(body if is_event else draw.choice(NO_EVENTS) + b',"_line":%d' % line)
            )
            good += is_event and not odd
        (folder / "open" / f"{new_id()}-open.jsonl").write_bytes(b"".join(lines))
        if number % 5 == 0:
            (folder / "manifest.jsonl").write_bytes(checked(draw.choice(NO_EVENTS)))
        if number % 7 == 0:
            os.mkfifo(folder / "open" / f"{new_id()}-open.jsonl")
        begun = time.process_time()
        findings: list[Finding] = []
        try:
            count = drain(folder, target, findings)
        except RowkeeperError:
            continue  # in words
        assert time.process_time() - begun < SECONDS
        assert good <= count <= len(lines)
        assert count + len(findings) >= len(lines) - 1
