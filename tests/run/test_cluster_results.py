"""What workers of a cluster wrote for a driver that is gone."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from rowkeeper.core.pool import StoppedError
from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run import results
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.lasting import LastingSession
from tests.helpers.events import event, numbered

EVENTS = "select count(*) from raw.asset_events"


postgres = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


@postgres
def test_what_comes_before_its_workers_notice_is_taken_up_too(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(Settings(data_dir=tmp_path / "data"), engine)
    waited: list[float] = []
    with LastingSession(engine) as session:
        written = results.Results(session, numbered(1))

        def write(number: int) -> None:
            told = event(number)
            written.keep(str(told.asset_id), json.dumps({"events": [told.to_json()]}))

        def last_ones(seconds: float) -> None:
            waited.append(seconds)
            write(8)

        monkeypatch.setattr(results, "time", SimpleNamespace(sleep=last_ones))
        write(7)  # of a driver that died: its lock is free
        assert results.take_up(context) == 2
        with pytest.raises(StoppedError):
            write(9)  # it was cut off, and is back when all is over
        with pytest.raises(StoppedError):
            written.standing(numbered(9))
        assert results.take_up(context) == 0
    assert waited == [results.LOOK_S + results.GONE_S]
    with connect(engine) as warehouse:
        assert warehouse.query(EVENTS) == [(2,)]


@postgres
def test_workers_stop_at_once_when_their_driver_has_said_that_all_is_over(
    engine: Target, tmp_path: Path
) -> None:
    context = Context(Settings(data_dir=tmp_path / "data"), engine)
    with LastingSession(engine) as session:
        written = results.Results(session, numbered(1))
        watch = results.DriverWatch(written)
        with results.driving(context, numbered(1)):
            told = event(7)
            written.keep(str(told.asset_id), json.dumps({"events": [told.to_json()]}))
            watch.check()
            assert results.take_up(context) == 0  # it is at work
        with pytest.raises(StoppedError):
            results.DriverWatch(written).check()
        assert results.take_up(context) == 1


@postgres
def test_a_session_that_is_ending_begins_nothing_and_keeps_what_is_in_flight(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "LAST_S", 120.0)
    context = Context(Settings(data_dir=tmp_path / "data"), engine)
    driver = results.driving(context, numbered(1))
    with LastingSession(engine) as session, ThreadPoolExecutor(1) as thread:
        written = results.Results(session, numbered(1))
        driver.__enter__()
        with written.at_work():
            end = thread.submit(driver.__exit__, None, None, None)
            while not session.ask("select 1 from raw.worker_results where outcome = 'ending'"):
                time.sleep(0.05)
            with pytest.raises(StoppedError):
                written.standing(numbered(7))
            results.DriverWatch(written).check()
            assert written.keep(numbered(7), "{}") == "{}"
            assert not end.done()
        end.result()
        with pytest.raises(StoppedError):
            results.DriverWatch(written).check()
        with pytest.raises(StoppedError):
            written.keep(numbered(8), "{}")
