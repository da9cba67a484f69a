"""What commands ask: the tables of the last build while they have everything, else all events."""

import re
from random import Random
from typing import Any

import pytest

from rowkeeper.core.events import EventType
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace import dbt_project
from rowkeeper.workspace.build import build, refresh
from rowkeeper.workspace.context import Context
from tests.helpers.archives import tell
from tests.helpers.models import MODELS
from tests.helpers.questions import ROOMS
from tests.helpers.random_events import random_events
from tests.helpers.warehouses import PENDING, rows_of

VIEWS = sorted(name for name, path in MODELS.items() if "also_as_built()" in path.read_text())
STATE = "select download_status, count(*) from {state}.asset_states group by 1 order by 1"
LIVE = STATE.replace("{state}", "{schema}")


def _asks_as_built(context: Context) -> bool:
    """Does ``{state}`` stand for the tables of the last build?"""
    with connect(context.target) as warehouse:
        place = warehouse.query("select * from {state}.asset_states limit 0")
        assert place == []
        return warehouse._state == context.target.own_schema("intermediate")


def test_while_nothing_came_the_tables_of_the_build_say_what_all_events_say(
    built: tuple[Context, dict[str, Any]],
) -> None:
    context = built[0]
    dice = Random(18)
    tell(context, *random_events(dice, rows_of(context.target, PENDING)[:25], 400))
    refresh(context)
    assert _asks_as_built(context)
    with connect(context.target) as warehouse:
        filled = set()
        for name in VIEWS:
            columns, live = warehouse.select(f"select * from {{schema}}.{name}")
            names, kept = warehouse.select(f"select * from {{state}}.{name}")
            assert names == columns, name
            assert sorted(kept, key=str) == sorted(live, key=str), name
            filled |= {name} if live else set()
    assert set(VIEWS) - filled == {"held_findings", "unfinished_drops"}


def test_what_was_drained_since_is_asked_of_all_events(
    built: tuple[Context, dict[str, Any]],
) -> None:
    context = built[0]
    refresh(context)
    before = rows_of(context.target, STATE)
    assert _asks_as_built(context)
    (request, *_) = rows_of(context.target, PENDING)
    events = random_events(Random(3), [request], 40)
    tell(context, *(one for one in events if one.event_type is EventType.DOWNLOADED))
    assert not _asks_as_built(context)
    assert rows_of(context.target, STATE) == rows_of(context.target, LIVE) != before
    refresh(context)
    assert _asks_as_built(context)
    assert rows_of(context.target, STATE) == rows_of(context.target, LIVE)


@pytest.mark.parametrize(
    "change",
    [
        "delete from raw.rowkeeper_builds",
        "update raw.rowkeeper_builds set schema_name = 'another'",
        "drop view {schema}.loads_since_build",
        "delete from raw.event_loads",
        "update raw.asset_events set load_id = ''",
        "insert into raw._dlt_loads (load_id, schema_name, status, inserted_at, "
        "schema_version_hash) values ('1.5', 's', 0, current_timestamp, 'h')",
    ],
)
def test_whatever_may_make_a_difference_is_asked_of_all_events(
    built: tuple[Context, dict[str, Any]], change: str
) -> None:
    context = built[0]
    tell(context, *random_events(Random(5), rows_of(context.target, PENDING)[:2], 20))
    refresh(context)
    assert _asks_as_built(context)
    with connect(context.target) as warehouse:
        warehouse.execute(change)
    assert not _asks_as_built(context)


def test_a_build_of_dbt_alone_is_not_counted_on(built: tuple[Context, dict[str, Any]]) -> None:
    """Who selects models by hand may leave others as they were."""
    context = built[0]
    build(context)
    assert _asks_as_built(context)
    assert dbt_project.invoke(context, "run", ["--select", "failures"]).success
    assert not _asks_as_built(context)


def test_views_of_state_are_asked_by_that_name() -> None:
    """``{schema}`` before one of them would read all events each time."""
    wrong = re.compile(rf"{{schema}}+\.({'|'.join(VIEWS)})\b")
    for room in ROOMS:
        for path in (PROJECT_DIR / room).rglob("*.py"):
            assert not wrong.findall(path.read_text("utf-8")), path
