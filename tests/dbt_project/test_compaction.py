"""A run's builds add what is new to what still counts; what they leave is as all made anew."""

from random import Random
from typing import Any

import pytest

from rowkeeper.core.drain import drain
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace.build import build, refresh
from rowkeeper.workspace.context import Context
from tests.helpers.archives import tell
from tests.helpers.random_events import random_events
from tests.helpers.warehouses import PENDING, rows_of

STATE = """
select table_name from information_schema.tables
where table_schema = 'intermediate' and table_name not like 'int_events%'
    and table_name not like 'int_loads%'
"""
ASSETS = "intermediate.int_assets"
COUNTS = """
select (select count(*) from raw.asset_events), (select count(*) from intermediate.int_events),
    (select count(*) from intermediate.int_events_compacted)
"""


def _state(target: Target) -> dict[str, list[Row]]:
    """All that dbt has made, but for what names the drains themselves."""
    with connect(target) as warehouse:
        public = "select table_name from information_schema.tables where table_schema = ?"
        public_names = set(warehouse.column(public, [target.schema])) - {"loads_since_build"}
        names = [f"{target.schema}.{name}" for name in public_names]
        names += [f"intermediate.{name}" for (name,) in warehouse.query(STATE)]
        state = {}
        for name in names:
            columns, rows = warehouse.select(f"select * from {name}")
            kept = [place for place, column in enumerate(columns) if column != "load_ids"]
            state[name] = sorted((tuple(row[place] for place in kept) for row in rows), key=str)
        return state


def test_what_is_added_comes_out_as_all_made_anew(
    built: tuple[Context, dict[str, Any]],
) -> None:
    context = built[0]
    dice = Random(18)
    events = random_events(dice, rows_of(context.target, PENDING)[:25], 600)
    dice.shuffle(events)
    for begin, end in ((0, 330), (300, 480), (450, 600)):  # some come twice
        tell(context, *events[begin:end])
        between = _state(context.target)  # what a run asks before it builds
        refresh(context)
        assert between[ASSETS] == _state(context.target)[ASSETS]
    added = _state(context.target)
    ((raw_events, counting, compacted),) = rows_of(context.target, COUNTS)
    assert (raw_events, counting) == (600, compacted)
    assert compacted < raw_events
    build(context)
    anew = _state(context.target)
    assert added.keys() == anew.keys()
    for name, rows in anew.items():
        assert added[name] == rows, name


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_raw_table_that_is_filled_anew_counts_each_event_once(
    built: tuple[Context, dict[str, Any]],
) -> None:
    context = built[0]
    tell(context, *random_events(Random(8), rows_of(context.target, PENDING)[:5], 60))
    build(context)
    before = _state(context.target)
    with connect(context.target) as warehouse:
        for table in ("asset_events", "journal_segments"):
            warehouse.execute(f"drop table raw.{table} cascade")
    drain(journal_dir(context.settings.data_dir), context.target)
    ((raw_events, counting, compacted),) = rows_of(context.target, COUNTS)
    assert counting == raw_events == 60 >= compacted
    refresh(context)
    assert _state(context.target) == before
