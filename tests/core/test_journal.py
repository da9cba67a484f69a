"""The journal: what was acknowledged is there, whatever happens to its writer."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.errors import JournalDamagedError, JournalError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.journal.journal import Journal, read_segment, seal_abandoned, sealed_segments
from tests.helpers.events import SESSION, event


def sealed_events(folder: Path) -> list[AssetEvent]:
    return [item for path in sealed_segments(folder).values() for item in read_segment(path)]


def test_a_journal_without_events_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path):
        pass
    assert list(tmp_path.rglob("*")) == []


def test_events_of_threads_that_go_on_at_once_share_each_fsync(tmp_path: Path) -> None:
    threads, each, syncs = 8, 25, []

    def slow(handle: int) -> None:
        syncs.append(handle)
        time.sleep(0.02)

    def work(start: int) -> None:
        for number in range(each):
            journal.append(event(start + number))

    with patch("rowkeeper.core.journal.journal.os.fsync", slow), Journal(tmp_path) as journal:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(0, threads * each, each)))
        assert len(syncs) < 1.6 * each
    assert len(sealed_events(tmp_path)) == threads * each


def test_many_threads_share_fsyncs_and_lose_nothing(tmp_path: Path) -> None:
    real, syncs = os.fsync, []

    def slow(handle: int) -> None:
        syncs.append(handle)
        real(handle)

    with patch("rowkeeper.core.journal.journal.os.fsync", slow), Journal(tmp_path) as journal:

        def work(start: int) -> None:
            for number in range(start, start + 25):
                journal.append(event(number))

        threads = [threading.Thread(target=work, args=(n * 25,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(int(str(item.row_id)) for item in sealed_events(tmp_path)) == list(range(400))
    assert len(syncs) < 400


def test_a_living_writers_segment_is_left_alone(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(event())
        assert seal_abandoned(tmp_path) == 0
        assert sealed_events(tmp_path) == []
    assert len(sealed_events(tmp_path)) == 1


WRITER = """
import sys
from pathlib import Path
from rowkeeper.core.journal.journal import Journal
from tests.helpers.events import event
journal = Journal(Path(sys.argv[1]))
for number in range(100000):
    journal.append(event(number))
    print(number, flush=True)
"""


def test_what_a_killed_writer_had_acknowledged_is_there(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in writer.stdout.read().split()]
    writer.wait()
    assert seal_abandoned(tmp_path) == 1
    found = [int(str(item.row_id)) for item in sealed_events(tmp_path)]
    assert found[: len(acknowledged)] == acknowledged
    assert len(found) <= len(acknowledged) + 1


def test_a_torn_last_line_was_never_acknowledged(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(event(1))
        journal.append(event(2))
        (path,) = (tmp_path / "open").iterdir()
        data = path.read_bytes()
    (sealed,) = sealed_segments(tmp_path).values()
    sealed.unlink()
    path.write_bytes(data[:-5])
    assert seal_abandoned(tmp_path) == 1
    assert [item.row_id for item in sealed_events(tmp_path)] == ["1"]
    (torn,) = (tmp_path / "aside").iterdir()
    assert data.endswith(torn.read_bytes() + data[-5:])


def test_a_whole_last_line_without_its_end_counts(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(event(1))
        (path,) = (tmp_path / "open").iterdir()
        data = path.read_bytes()
    (sealed,) = sealed_segments(tmp_path).values()
    sealed.unlink()
    path.write_bytes(data[:-1])
    seal_abandoned(tmp_path)
    (again,) = sealed_segments(tmp_path).values()
    assert again.name == sealed.name
    assert again.read_bytes() == data


@pytest.mark.parametrize("line", [b"\x00\x00\n", b"{}\n", b'{"event_id": 1\n', b"[]\n", b"\xff\n"])
def test_a_spoilt_line_stops_with_file_and_line(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(event(1).to_json().encode() + b"\n" + line + event(2).to_json().encode())
    with pytest.raises(JournalDamagedError, match=r"x\.jsonl, line 2: it is no event"):
        list(read_segment(path))


def test_an_interrupted_write_is_not_taken_for_done(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(event(1))
        with (
            patch("rowkeeper.core.journal.journal.write_all", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            journal.append(event(2))
        with pytest.raises(JournalError, match="interrupted"):
            journal.append(event(3))
    (path,) = sealed_segments(tmp_path).values()
    assert [kept.asset_id for kept in read_segment(path)] == [event(1).asset_id]


def test_a_full_disk_is_told_to_every_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(event(1))
    full = OSError(28, "No space left on device")
    with (
        patch("rowkeeper.core.journal.journal.os.fsync", side_effect=full),
        pytest.raises(JournalError, match="No space left"),
    ):
        journal.append(event(2))
    with pytest.raises(JournalError, match="No space left"):
        journal.append(event(3))


@given(st.text(), st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text())))
def test_an_event_reads_back_as_it_was_written(message: str, details: dict[str, object]) -> None:
    told = AssetEvent(
        event_type=EventType.DOWNLOAD_FAILED,
        session_id=SESSION,
        error_message=message,
        details=details,
    )
    line = told.to_json()
    assert "\n" not in line
    assert AssetEvent.from_json(line) == told
