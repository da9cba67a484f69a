"""What workers of a cluster wrote for a driver that is gone."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run import results
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.lasting import LastingSession
from tests.helpers.events import event, numbered

EVENTS = "select count(*) from raw.asset_events"


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
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
        with results.driving(context, numbered(1)):
            write(7)
            assert (results.take_up(context), waited) == (0, [])
        assert results.take_up(context) == 2
        assert results.take_up(context) == 0
    assert waited == [results.LOOK_S + results.GONE_S]
    with connect(engine) as warehouse:
        assert warehouse.query(EVENTS) == [(2,)]
