"""Nobody waits in silence: whose lock it is stands in the line, and in the error at the end."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt_common.exceptions import DbtRuntimeError

from rowkeeper.core import clock
from rowkeeper.core.database_format import DATABASE, write_format
from rowkeeper.core.drain import create_tables
from rowkeeper.core.errors import BusyError, WarehouseError
from rowkeeper.core.journal.formats import FORMATS
from rowkeeper.core.journal.lines import checked
from rowkeeper.core.postgres import APPLICATION_VARIABLE, open_postgres
from rowkeeper.core.settings import PROJECT_DIR, Settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace import build, locks, waits
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.dbt_plugin import Plugin
from tests.helpers.warehouses import dbt


def context_of(engine: Target, tmp_path: Path) -> Context:
    return Context(Settings(data_dir=tmp_path / "data"), engine)


@contextmanager
def reader(target: Target, table: str) -> Iterator[int]:
    """Somebody else who has looked at a table and leaves the transaction open: its pid."""
    with closing(open_postgres(target)) as connection:
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute(f"set application_name = 'a notebook'; select * from {table}")
            yield connection.info.backend_pid


def test_a_busy_folder_says_which_command_works_there(tmp_path: Path) -> None:
    with locks.folder_lock(tmp_path, "rowkeeper \x1b[31mrun"):
        words = rf"^rowkeeper \[31mrun \(pid {os.getpid()}, since \d{{4}}-.*\) works in "
        with pytest.raises(BusyError, match=words), locks.folder_lock(tmp_path, "rowkeeper verify"):
            raise AssertionError
        (tmp_path / "run.json").write_text("{")
        with pytest.raises(BusyError, match="Another rowkeeper run"):
            locks.folder_lock(tmp_path, "x").__enter__()
    assert [path.name for path in tmp_path.iterdir()] in ([], ["run.lock"])


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_who_waits_for_another_run_says_whose_it_is(
    engine: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(APPLICATION_VARIABLE, "rowkeeper run there:1")
    monkeypatch.setattr(clock, "TELL_AFTER_S", 0.2)
    monkeypatch.setattr(locks, "POLL_S", 0.05)
    monkeypatch.setattr(locks, "LONGEST_WAIT_S", 0.5)
    context = context_of(engine, tmp_path)
    with locks.tables_lock(context):
        words = r"application rowkeeper run there:1.*loads or builds the same tables for"
        with pytest.raises(BusyError, match=words), locks.tables_lock(context):
            raise AssertionError
        monkeypatch.setattr(locks, "LONGEST_WAIT_S", 60.0)
        got = threading.Event()

        def second() -> None:
            with locks.tables_lock(context):
                got.set()

        thread = threading.Thread(target=second)
        thread.start()
        assert not got.wait(0.5)
    assert got.wait(10)
    thread.join()
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2  # once for each that waited
    for line in said:
        assert line.startswith("Waiting for another run's load or build of the same tables for 0 s")
        assert "user postgres, application rowkeeper run there:1" in line


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_lock_of_a_reader_is_told_and_not_waited_for_for_ever(
    engine: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(APPLICATION_VARIABLE, "rowkeeper run here:2")
    monkeypatch.setattr(clock, "TELL_AFTER_S", 0.3)
    monkeypatch.setattr(waits, "LOCK_TIMEOUT_S", 1.0)
    monkeypatch.setattr(waits, "LOOK_EVERY_S", 0.1)
    with connect(engine) as warehouse:
        create_tables(warehouse)
        assert warehouse.query("show lock_timeout") == [("5min",)]
        with reader(engine, "raw.asset_events") as pid, waits.watched(engine):
            with pytest.raises(WarehouseError) as refused:
                warehouse.execute("alter table raw.asset_events add column more text")
            assert build._was_locked_out([node("error", str(refused.value))])
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 2
        who = f"pid {pid} (user postgres, application a notebook, idle in transaction, since "
        assert said[0].startswith("Waiting for a lock for ")
        assert said[1].startswith("Gave up after ")
        for line in said:
            assert who in line
            assert "holds what this needs: alter table raw.asset_events" in line
        warehouse.execute("alter table raw.asset_events add column more text")


def node(status: str, message: str) -> Any:
    return SimpleNamespace(status=status, message=message)


def test_only_a_build_that_locks_alone_stopped_is_tried_again() -> None:
    locked = node("error", "Database Error: canceling statement due to lock timeout")
    assert build._was_locked_out([node("success", ""), locked])
    assert not build._was_locked_out([locked, node("fail", "Got 1 result")])
    assert not build._was_locked_out([node("success", "")])


def test_plain_dbt_keeps_out_of_a_run_and_of_what_is_newer(engine: Target, tmp_path: Path) -> None:
    context, duckdb = context_of(engine, tmp_path), engine.type == "duckdb"
    command = ["build"] if duckdb else ["run-operation", "guard_build"]
    with locks.run_lock(context), locks.tables_lock(context):
        said = dbt(*command)
        assert said.returncode != 0
        assert "wait until it has ended, then run again" in said.stdout
        assert str(os.getpid() if duckdb else "rowkeeper") in said.stdout
        assert "IO Error" not in said.stdout
    with connect(engine) as warehouse:
        create_tables(warehouse)
        write_format(warehouse)
        warehouse.execute(f"update raw.rowkeeper_format set format = {DATABASE + 96}")
    said = dbt(*(["debug", "--connection"] if duckdb else command))
    assert f"has format {DATABASE + 96} and this rowkeeper knows {DATABASE}" in said.stdout
    assert said.returncode != 0
    if duckdb:
        journal = tmp_path / "data" / "journal"
        journal.mkdir(exist_ok=True)
        (journal / "format.json").write_bytes(
            checked(json.dumps(FORMATS | {"folder": 99}).encode()[:-1])
        )
        assert "has format 99" in dbt("debug", "--connection").stdout


def test_plain_dbt_looks_at_the_file_of_its_own_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, data = tmp_path / "ours.duckdb", tmp_path / "data"
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(data))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    (tmp_path / "profiles.yml").write_text("rowkeeper: {outputs: {ours: {type: duckdb}}}", "utf-8")
    with connect(Target(name="ours", type="duckdb", path=str(ours))) as warehouse:
        create_tables(warehouse)
        write_format(warehouse)
        warehouse.execute(f"update raw.rowkeeper_format set format = {DATABASE + 1}")
    with locks.folder_lock(data, "dbt"), pytest.raises(DbtRuntimeError, match="has format"):
        Plugin("rowkeeper", {}, SimpleNamespace(path=str(ours)))  # type: ignore[arg-type]


def test_dbt_knows_the_format_that_python_knows() -> None:
    text = (PROJECT_DIR / "dbt_project" / "macros" / "guard_build.sql").read_text("utf-8")
    assert f"return({DATABASE})" in text


def test_dbt_asks_as_python_does_who_has_the_lock() -> None:
    text = (PROJECT_DIR / "dbt_project" / "macros" / "guard_build.sql").read_text("utf-8")
    here = "locks.database = (select oid from pg_database where datname = current_database())"
    assert here in locks.HOLDER
    assert here in text  # another database of the server has locks of the same keys
