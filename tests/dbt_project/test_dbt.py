"""The dbt project on both engines: every model and test, the mapping, order-free state."""

import os
import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core.drain import EVENT_COLUMNS, create_statements, drain
from rowkeeper.core.errors import BuildError
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace import last_build
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.questions import questions
from tests.helpers.warehouses import PENDING, dbt, events_for, rows_of

MARTS = ("people", "assets", "download_sessions", "person_content", "quarantine")
DESIGN = {
    "people": "row_id name email personality_type source_link created_at updated_at",
    "assets": "asset_id person_row_id asset_type original_url local_file_path cloud_storage_url "
    "media_id filename file_size_bytes download_status metadata created_at updated_at",
    "download_sessions": "session_id session_type total_assets completed_assets failed_assets "
    "status created_at completed_at",
}


def marts(target: Target) -> dict[str, list[Row]]:
    return {table: rows_of(target, f"select * from {{schema}}.{table}") for table in MARTS}


def test_dbt_build_needs_nothing_before_it(engine: Target) -> None:
    built = dbt("build")
    assert built.returncode == 0, built.stdout
    assert " ERROR=0 SKIP=0 " in built.stdout
    assert " unit tests" in built.stdout
    keys = rows_of(
        engine,
        "select table_name from information_schema.table_constraints "
        "where constraint_type = 'FOREIGN KEY'",
    )
    if engine.type == "postgres":
        assert {"assets", "coverage", "documents", "failures"} <= {row[0] for row in keys}
    for table, columns in DESIGN.items():
        with connect(engine) as warehouse:
            names, rows = warehouse.select(f"select * from {engine.schema}.{table}")
        assert names[: len(columns.split())] == columns.split()
        assert rows == []
    asked = list(questions())
    assert len(asked) > 50
    with connect(engine) as warehouse:
        warehouse.execute(last_build.CREATE)  # what a run's build leaves
        for _, sql, parameters in asked:  # what it does not understand is raised
            warehouse.query(sql, parameters)


def test_the_drain_and_dbt_make_the_same_event_table(engine: Target) -> None:
    columns = """select column_name, data_type from information_schema.columns
        where table_schema = 'raw' and table_name = 'asset_events'"""
    with connect(engine) as warehouse:
        for statement in create_statements():
            warehouse.execute(statement)
    by_drain = rows_of(engine, columns)
    with connect(engine) as warehouse:
        warehouse.execute("drop schema raw cascade")
    assert dbt("run", "--select", "stg_events__asset_events").returncode == 0
    assert rows_of(engine, columns) == by_drain
    assert {row[0] for row in by_drain} == {*EVENT_COLUMNS, "loaded_at"}


def test_name_email_and_type_come_out_as_they_went_in(
    loaded: tuple[Context, dict[str, Any]],
) -> None:
    context, expected = loaded
    warned = {warning.test for warning in build(context)}
    assert {"warn_people_type_grammar", "warn_people_email_shape"} <= warned
    people = rows_of(context.target, "select row_id, name, personality_type from {schema}.people")
    assert len(people) == expected["people"]
    for row_id, name, personality_type in people:
        assert (name, personality_type) == (
            expected["name_by_row_id"][row_id],
            expected["type_by_row_id"][row_id],
        )
    counted = rows_of(
        context.target,
        "select source, disposition, count(*) from intermediate.int_source_rows group by 1, 2",
    )
    raw_rows = sum(
        rows_of(context.target, f"select count(*) from raw.{table}")[0][0]
        for table in ("sheet_rows", "legacy_csv_rows")
    )
    assert sum(row[2] for row in counted) == raw_rows
    reasons = rows_of(context.target, "select reason from {schema}.quarantine")
    assert all(reason for (reason,) in reasons)
    duplicate = expected["duplicate_row_ids"][0]
    twice = rows_of(context.target, "select row_id from checks.warn_row_id_stands_twice")
    assert {row[0] for row in twice} == {duplicate}


def test_state_does_not_depend_on_order_repeats_or_clocks(
    built: tuple[Context, dict[str, Any]], tmp_path: Path
) -> None:
    context, _ = built
    pending = rows_of(context.target, PENDING)
    events = events_for(pending)
    facts = """select asset_id, download_status, upload_status, sha256, cloud_storage_url, verdict,
        download_attempts from {schema}.assets"""
    sessions = """select session_id, total_assets, completed_assets, failed_assets
        from {schema}.download_sessions"""
    waiting = """select asset_id, 'download', attempt from {schema}.pending_downloads
        union all select asset_id, 'upload', attempt from {schema}.pending_uploads"""
    states_seen = []
    chance = random.Random(5)
    for round_number in range(2):
        with connect(context.target) as warehouse:
            for table in ("asset_events", "journal_segments"):
                warehouse.execute(f"drop table if exists raw.{table} cascade")
        folder = tmp_path / f"journal-{round_number}"
        if round_number:
            chance.shuffle(events)
            events = [with_clock(event, chance) for event in events]
            events += chance.sample(events, len(events) // 3)
        with Journal(folder) as journal:
            for event in events:
                journal.append(event)
        drain(folder, context.target)
        build(context)
        states_seen.append([rows_of(context.target, sql) for sql in (facts, sessions, waiting)])
    assert states_seen[0] == states_seen[1]
    states = {row[1:3] for row in states_seen[0][0]}
    assert states == {
        *(("failed", None), ("uploaded", "uploaded"), ("downloaded", "pending")),
        ("downloaded", "claimed"),
    }


def with_clock(event: AssetEvent, chance: random.Random) -> AssetEvent:
    """The same event from a worker whose clock is up to two days off."""
    moment = datetime.fromisoformat(event.occurred_at)
    off = timedelta(seconds=chance.randint(-172_800, 172_800))
    return replace(event, occurred_at=(moment + off).isoformat())


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_what_must_never_happen_stops_the_build_before_a_mart(
    built: tuple[Context, dict[str, Any]],
) -> None:
    context, _ = built
    pending = rows_of(context.target, PENDING)
    before = marts(context.target)
    asset, owner, *medium = pending[0]
    other = next(row_id for _, row_id, *_ in pending if row_id != owner)
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        for event in events_for([(asset, other, *medium)]):
            journal.append(event)
    drain(folder, context.target)
    with pytest.raises(BuildError, match="assert_asset_has_one_identity") as raised:
        build(context)
    assert "\n" not in str(raised.value)
    assert marts(context.target) == before


def test_plain_dbt_warns_of_nothing_and_takes_no_sample(engine: Target) -> None:
    for command in (("parse", "--no-partial-parse"), ("run", "--select", "tag:staging")):
        done = dbt("--warn-error", *command)
        assert done.returncode == 0, done.stdout
        assert "deprecat" not in done.stdout.lower()
    refused = dbt("build", "--sample", "3 days")
    assert refused.returncode != 0
    assert "--sample is not for these models" in refused.stdout


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_session_that_can_not_write_every_name_is_refused_at_once(
    engine: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGCLIENTENCODING", raising=False)
    with connect(engine) as warehouse:
        warehouse.execute(f"alter database \"{engine.dbname}\" set client_encoding = 'LATIN1'")
    refused = dbt("run", "--select", "tag:staging")
    assert refused.returncode != 0
    assert "begin in LATIN1" in refused.stdout
    assert "PGCLIENTENCODING=UTF8" in refused.stdout
    with connect(engine) as warehouse:
        assert warehouse.tables("staging") == set()
    monkeypatch.setenv("PGCLIENTENCODING", "UTF8")
    done = dbt("run", "--select", "stg_sheet__rows")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_whose_file_it_is_is_said_and_dbt_ends(engine: Target) -> None:
    with connect(engine):
        held = dbt("build", "--select", "people")
    assert held.returncode != 0
    assert "Waiting for the DuckDB file" in held.stderr
    assert f"(PID {os.getpid()})" in held.stderr
    assert "another process has it open" in held.stdout
