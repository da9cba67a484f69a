"""The pace of a site: rates, bursts and pauses, held across threads and processes."""

import json
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.clock import start
from rowkeeper.core.errors import PauseSiteError
from rowkeeper.core.net.pace import FilePace
from rowkeeper.core.net.throttle import Limit, Throttle

SITE = "youtube"
STRANGE = json.dumps({"start": start(), "ahead_until": 1e300, "paused_until": 10**400})


class Clock:
    """A clock that only sleeping moves on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_800_000_000.0
        self.turns: list[float] = []
        monkeypatch.setattr("rowkeeper.core.clock.seconds", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def throttle(folder: Path, clock: Clock, rate: float = 2.0, burst: int = 5) -> Throttle:
    return Throttle({SITE: Limit(rate=rate, burst=burst)}, FilePace(folder), sleep=clock.sleep)


def test_a_burst_and_then_the_rate(clock: Clock, tmp_path: Path) -> None:
    pace, begun = throttle(tmp_path, clock), clock.now
    turns = []
    for _ in range(9):
        pace.wait(SITE)
        turns.append(clock.now - begun)
    assert turns == pytest.approx([0] * 5 + [0.5, 1.0, 1.5, 2.0])
    clock.now += 60
    begun = clock.now
    for _ in range(5):
        pace.wait(SITE)
    assert clock.now == begun


@given(rests=st.lists(st.floats(0, 3), max_size=30), burst=st.integers(1, 5))
def test_no_window_has_more_than_burst_and_rate(rests: list[float], burst: int) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        clock = Clock(patch)
        pace = throttle(Path(folder), clock, rate=2.0, burst=burst)
        turns = []
        for rest in rests:
            clock.now += rest
            pace.wait(SITE)
            turns.append(clock.now)
        for place, first in enumerate(turns):
            within = sum(first <= turn < first + 5 for turn in turns[place:])
            assert within <= burst + 5 * 2 + 1


def test_sites_do_not_wait_for_each_other(clock: Clock, tmp_path: Path) -> None:
    pace, begun = throttle(tmp_path, clock, burst=1), clock.now
    pace.wait(SITE)
    pace.wait("drive")
    assert clock.now == begun


def test_a_pause_is_for_all_and_ends(clock: Clock, tmp_path: Path) -> None:
    one, other = throttle(tmp_path, clock), throttle(tmp_path, clock)
    one.pause(SITE, 100)
    one.pause(SITE, 5)  # the longer one stays
    assert other.paused_s(SITE) == pytest.approx(100)
    begun = clock.now
    other.wait(SITE)
    assert clock.now - begun == pytest.approx(100)
    one.pause(SITE, 100)
    other.resume(SITE)
    assert one.paused_s(SITE) == 0


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"ahead_until": 1e300}', STRANGE, "\x00"])
def test_damaged_state_is_forgotten(clock: Clock, tmp_path: Path, text: str) -> None:
    (tmp_path / f"{SITE}.json").write_text(text)
    begun = clock.now
    throttle(tmp_path, clock).wait(SITE)
    assert clock.now - begun <= 3601


@pytest.mark.parametrize("days", [-365, -1, 1, 365])
def test_a_time_of_day_that_is_set_changes_no_wait(
    days: int, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = throttle(tmp_path, clock, burst=1)
    pace.wait(SITE)
    pace.pause(SITE, 10)
    moment = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr("rowkeeper.core.clock.now", lambda: moment)
    monkeypatch.setattr(time, "time", moment.timestamp)
    begun = clock.now
    pace.wait(SITE)
    assert clock.now - begun == pytest.approx(10.0)
    pace.wait(SITE)
    assert clock.now - begun == pytest.approx(10.5)


def test_a_pause_that_is_longer_than_anybody_waits_ends_the_queue(
    clock: Clock, tmp_path: Path
) -> None:
    pace = throttle(tmp_path, clock)
    pace.pause(SITE, 61)
    with pytest.raises(PauseSiteError) as paused:
        replace(pace, longest_s=60).wait(SITE)
    assert paused.value.retry_after_s == pytest.approx(61)
    begun = clock.now
    replace(pace, longest_s=62).wait(SITE)
    assert clock.now - begun == pytest.approx(61)


def test_a_pause_ends_within_a_day_and_with_the_start_of_the_machine(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = throttle(tmp_path, clock)
    pace.pause(SITE, 1e12)
    assert pace.paused_s(SITE) == pytest.approx(86_400)
    clock.now = 5.0
    monkeypatch.setattr("rowkeeper.core.clock.start", lambda: "another")
    assert pace.paused_s(SITE) == 0
    pace.wait(SITE)
    assert clock.now == 5.0


def ask(folder: Path, times: int) -> None:
    pace = Throttle({SITE: Limit(rate=50.0, burst=1)}, FilePace(folder))
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: pace.wait(SITE), range(times)))


def test_threads_and_processes_share_one_pace(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    begun = time.monotonic()
    runs = [context.Process(target=ask, args=(tmp_path, 10)) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
        assert run.exitcode == 0
    # thirty turns at fifty a second: each was counted, and nobody went before its own
    assert time.monotonic() - begun >= 29 / 50
    assert json.loads((tmp_path / f"{SITE}.json").read_text())["ahead_until"] >= begun + 30 / 50
