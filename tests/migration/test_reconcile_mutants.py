"""Each corruption of a copy of a built warehouse is seen by ``rowkeeper reconcile``."""

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.core.settings import PROJECT_DIR, load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.migration.reconcile import source as reconcile_source
from rowkeeper.migration.reconcile.modelled import KEYS
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.corruptions import CORRUPTIONS, DEEP, change_every_column
from tests.helpers.postgres import DATABASE, PostgresServer
from tests.helpers.samples import make_samples
from tests.helpers.sessions import work
from tests.helpers.warehouses import rows_of, statuses

INTACT = "intact"


@pytest.fixture
def intact(
    engine: Target, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], None]]:
    """A built warehouse; calling the result brings it back as it was built."""
    samples = tmp_path / "samples"
    make_samples(samples, 20, 7)
    sources = {"sheet.source": str(samples / "sheet.html"), "legacy_csv.paths": [str(samples)]}
    context = Context(load_settings(sources), engine)
    ingest(context.settings, engine)
    build(context)
    work(context)
    build(context)
    if engine.type == "duckdb":
        copy = tmp_path / INTACT
        shutil.copy(str(engine.path), copy)
        yield lambda: restore_file(copy, Path(str(engine.path)))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.copy_database(DATABASE, INTACT)
    yield lambda: server.copy_database(INTACT, DATABASE)
    server.drop_database(INTACT)


def restore_file(copy: Path, path: Path) -> None:
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    shutil.copy(copy, path)


def test_each_corruption_and_each_changed_cell_is_seen(
    intact: Callable[[], None], engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One test, for both want the same warehouse, which takes two builds."""
    _no_cell_of_a_published_table_changes_unseen(engine, tmp_path)
    intact()
    capsys.readouterr()
    _each_corruption_is_seen(intact, engine, tmp_path, capsys)


def _each_corruption_is_seen(
    intact: Callable[[], None], engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "differences.csv"
    command = ["reconcile", "--target", engine.name, "--differences", str(path)]
    assert run_command(command) == 0, capsys.readouterr()
    for name, corruption in CORRUPTIONS.items():
        intact()
        with connect(engine) as warehouse:
            seen_by = f"select count(*) from checks.{corruption.seen_by}"
            assert warehouse.query(seen_by) == [(0,)], name
            for statement in corruption.statements:
                warehouse.execute(statement.format(schema=engine.schema))
            assert warehouse.query(seen_by) != [(0,)], name
        assert run_command(command) == 10, name
        assert "The tables are not complete" in capsys.readouterr().err
        with path.open(encoding="utf-8", newline="") as opened:
            rows: list[dict[str, Any]] = list(csv.DictReader(opened))
        seen = [
            row
            for row in rows
            if row["kind"] == "wrong"
            and row["column"] == corruption.column
            and corruption.said in row["reason"]
        ]
        assert seen, (name, rows[:5])
        for row in seen:
            if row["file"] != "download_sessions":  # which no row of a source asks for
                assert row["file"].endswith((".csv", "sheet.html")), (name, row)
                assert int(row["line"]) > 1, (name, row)
    intact()
    assert run_command([*command, "--deep"]) == 0

    with connect(engine) as warehouse:
        for statement in DEEP:
            warehouse.execute(statement)
    by_file = "raw has another cell than the file, which was read again"
    by_load = "raw says otherwise than the load that is kept beside the journal"
    assert run_command([*command, "--deep"]) == 10
    assert {(place[0], place[2]) for place in places_of(path, by_load)} == {
        ("sheet.html", "cells"),
        ("sheet.html", "content_sha256"),
        ("sheet.html", "name"),
    }
    places = places_of(path, by_file)
    assert [(file, column) for file, _, column in places] == [("output_21col.csv", "column 4")]
    (tmp_path / "samples" / "output_21col.csv").unlink()
    assert run_command([*command, "--deep"]) == 10
    assert places_of(path, by_file) == []
    differing = places_of(path, by_load)
    assert (*places[0][:2], "cells") in differing
    assert (*places[0][:2], "type") in differing


def _no_cell_of_a_published_table_changes_unseen(engine: Target, tmp_path: Path) -> None:
    context, unseen = Context(load_settings({}), engine), "assert_tables_are_as_modelled"
    assert statuses(context, "test", "--select", unseen)[unseen] == "pass"
    changed = set(change_every_column(engine))
    empty = {table for table, column in changed if not column}
    assert empty == {"orphaned_assets"}
    changed -= {(table, "") for table in empty}
    assert len(changed) > 200
    assert statuses(context, "test", "--select", unseen)[unseen] == "fail"
    listed = rows_of(engine, f"select distinct table_name, said from checks.{unseen}")
    sides = ("the table has it", "its model has it")
    assert set(listed) == {(table, said) for table, _ in changed for said in sides}

    path = tmp_path / "differences.csv"
    assert run_command(["reconcile", "--differences", str(path)]) == 10
    with path.open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if "than its model makes" in row["reason"]]
    assert {(row["reason"].split(" ")[0], row["column"]) for row in rows} == changed
    assert {row["file"] for row in rows if not row["file"].endswith((".csv", "sheet.html"))} == {
        "download_sessions"
    }


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_column_goes_whatever_is_held_against_it(
    built: tuple[Context, dict[str, Any]], engine: Target
) -> None:
    """A newer version's models may lack a column that an older version's views read."""
    view = "checks.people_as_modelled"
    with connect(engine) as warehouse:
        warehouse.execute("alter table intermediate.int_people add column gone text")
        warehouse.execute(f"drop view {view} cascade")
        warehouse.execute(f"create view {view} as select row_id, gone from intermediate.int_people")
    names = ("int_people", "people")
    status_of = statuses(built[0], "run", "--select", *names)
    assert [status_of[name] for name in names] == ["success"] * 2
    assert len(rows_of(engine, f"select name from {view}")) == 30


def test_each_published_table_has_its_model() -> None:
    """From the project's files: a new table is held against its model from its first build on."""
    folder = PROJECT_DIR / "dbt_project" / "models"
    tables = {
        path.stem
        for path in (folder / "marts").glob("*.sql")
        if 'materialized="view"' not in path.read_text("utf-8")  # which is its model
    }
    tables |= {
        path.stem
        for path in (folder / "ops").glob("*.sql")
        if 'materialized="table"' in path.read_text("utf-8")
    }
    said = (PROJECT_DIR / "dbt_project" / "macros" / "as_modelled.sql").read_text("utf-8")
    listed = re.findall(r'"(\w+)"', said.partition("return([")[2].partition("])")[0])
    assert tables == set(listed) == set(KEYS)


def places_of(path: Path, reason: str) -> list[tuple[str, int, str]]:
    """File, line and column of the differences of one reason."""
    with path.open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["reason"] == reason]
    return [(Path(row["file"]).name, int(row["line"]), row["column"]) for row in rows]


def test_reconcile_shares_no_code_with_what_it_checks() -> None:
    folder = Path(reconcile_source.__file__).parent
    banned = re.compile(r"^\s*(?:from|import) (?:loaders|rowkeeper\.core\.(?:links|ids))\b", re.M)
    modules = sorted(folder.glob("*.py"))
    assert len(modules) > 8
    for module in modules:
        assert not banned.search(module.read_text()), module.name
