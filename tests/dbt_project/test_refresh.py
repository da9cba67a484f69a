"""A run builds what can have changed since the last build; what it leaves is as all built anew."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_cache_path

from rowkeeper.core.drain import drain
from rowkeeper.core.errors import BuildError, WarehouseError
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import PROJECT_DIR, READ_BY_DBT, keys, load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace import dbt_project, kept_parse
from rowkeeper.workspace.build import build, refresh
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.last_build import Inputs, read_inputs, to_build
from tests.helpers.warehouses import PENDING, dbt, events_for, rows_of

TABLES = ("people", "assets", "person_content", "coverage", "links", "documents", "failures")
EVERYTHING: list[str] = []
CHECK = "checks.assert_marts_agree"
COMMENT = {
    "duckdb": f"select comment from duckdb_views() where {CHECK!r} = schema_name||'.'||view_name",
    "postgres": f"select obj_description('{CHECK}'::regclass)",
}


def _tables(target: Target) -> dict[str, list[Row]]:
    return {table: rows_of(target, f"select * from {{schema}}.{table}") for table in TABLES}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What dbt is asked to build, one item a build."""
    selections: list[list[str]] = []
    invoke = dbt_project.invoke

    def recording(context: Context, command: str, arguments: list[str], **others: bool) -> Any:
        names = arguments[arguments.index("--select") + 1 : -2] if "--select" in arguments else []
        selections.append(names)
        return invoke(context, command, arguments, **others)

    monkeypatch.setattr(dbt_project, "invoke", recording)
    return selections


def test_a_refresh_builds_what_can_have_changed(
    loaded: tuple[Context, dict[str, Any]], asked: list[list[str]]
) -> None:
    context = loaded[0]
    warned = refresh(context)
    assert warned
    assert refresh(context) == warned
    assert asked == [EVERYTHING]  # the first time, and then nothing
    with connect(context.target) as warehouse:
        warehouse.execute(f"comment on view {CHECK} is 'stands'")

    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        for event in events_for(rows_of(context.target, PENDING)[:3]):
            journal.append(event)
    drain(folder, context.target)
    assert refresh(context) == sorted(warned, key=lambda one: one.test)
    assert {"assets", "int_assets_as_built", "assert_marts_agree"} <= set(asked[1])
    assert not {"people", "int_source_rows", "int_assets"} & set(asked[1])  # no event reaches them
    with connect(context.target) as warehouse:
        assert warehouse.column(COMMENT[context.target.type]) == ["stands"]
    refreshed = _tables(context.target)
    build(context)
    assert refreshed == _tables(context.target)
    assert sum(row is not None for row in refreshed["assets"]) > 0

    with connect(context.target) as warehouse:
        warehouse.execute(f"drop table {context.target.schema}.coverage cascade")
    refresh(context)
    assert asked[2:] == [EVERYTHING, EVERYTHING]  # what somebody dropped is made again
    assert _tables(context.target) == refreshed


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_was_built_by_hand_or_failed_is_built_again(
    loaded: tuple[Context, dict[str, Any]],
    asked: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = loaded[0]
    build(context)
    monkeypatch.setenv(keys()["legacy_csv.known_earlier"], "fetch")
    assert dbt("build", "--select", "int_known_earlier").returncode == 0
    monkeypatch.delenv(keys()["legacy_csv.known_earlier"])
    refresh(context)
    monkeypatch.setenv(keys()["legacy_csv.ignore"], "nothing.csv")
    refresh(context)
    assert asked == [EVERYTHING] * 3
    asset, owner, *medium = rows_of(context.target, PENDING)[0]
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        for event in events_for([(asset, f"{owner}0", *medium)]):
            journal.append(event)
    drain(folder, context.target)
    hidden = "create or replace view checks.assert_asset_has_one_identity as select 1 where false"
    with connect(context.target) as warehouse:
        warehouse.execute(hidden)
    for _ in range(2):  # the second has nothing new, and fails as well
        with pytest.raises(BuildError):
            refresh(context)
    assert asked[3] != EVERYTHING
    assert asked[4:] == [EVERYTHING]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_whole_build_holds_each_model_to_its_contract(
    loaded: tuple[Context, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = loaded[0]
    build(context)
    project = dbt_project.manifest(context)
    assert project
    failures: Any = project.nodes["model.rowkeeper.failures"]
    monkeypatch.setattr(failures.columns["stage"], "data_type", "bytea")
    monkeypatch.setenv(dbt_project.SAME_PROJECT, "yes")  # somebody's own has no say
    with pytest.raises(WarehouseError, match="contract"):
        build(context)


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_parse_is_shared_by_data_folders(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(dbt_project, "_parsed", {})
    cache = user_cache_path("rowkeeper") / "dbt"
    for number in range(2 * kept_parse.SHARED):
        (cache / f"target-old-{number}").mkdir(parents=True)
    context = Context(load_settings({}), engine)
    another = Context(load_settings({"data_dir": str(tmp_path / "another")}), engine)
    assert dbt_project.manifest(another) is None
    dbt_project.invoke(context, "ls")
    place = dbt_project.target_folder(context)
    kept = place / kept_parse.KEPT_PARSE
    shared = cache / place.name / kept_parse.KEPT_PARSE
    assert shared.read_bytes() == kept.read_bytes()
    assert len(list(cache.iterdir())) == kept_parse.SHARED
    os.utime(shared.parent, (0, 0))
    for broken in (kept, shared):
        dbt_project._parsed.clear()
        assert dbt_project.manifest(another)
        dbt_project._parsed.clear()
        assert dbt_project.manifest(context)
        broken.write_bytes(b"half")
    assert shared.parent.stat().st_mtime > 0  # what is read is kept for longest
    dbt_project._parsed.clear()
    assert dbt_project.manifest(context) is None


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.parametrize("has_home", [True, False])
def test_a_cache_that_cannot_be_written_is_none(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_home: bool
) -> None:
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache") if has_home else "")
    if not has_home:
        monkeypatch.delenv("HOME")
        monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # a user that is in no list
    monkeypatch.setattr(dbt_project, "_parsed", {})
    context = Context(load_settings({}), engine)
    assert dbt_project.invoke(context, "ls").success
    dbt_project._parsed.clear()
    assert dbt_project.manifest(context)


def test_what_was_parsed_for_another_is_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings({})
    target = Target(name="dev", type="duckdb", path="data/one.duckdb")
    postgres = replace(target, type="postgres", path=None, dbname="one")

    def folder(of: Target = target) -> str:
        return dbt_project.target_folder(Context(settings, of)).name

    assert folder() == folder(replace(target, path="elsewhere/one.duckdb"))
    folders = [folder(), folder(postgres)]
    folders += [folder(replace(target, name="two")), folder(replace(target, path="two"))]
    folders += [folder(replace(target, schema="two")), folder(replace(postgres, dbname="two"))]
    for name, value in (("project_version", lambda: "two"), ("PROJECT_DIR", "two")):
        with monkeypatch.context() as patch:
            dbt_project.project_version()
            patch.setattr(dbt_project, name, value)
            folders.append(folder())
    monkeypatch.setenv(dbt_project.READERS, "two")
    folders.append(folder())
    assert len(set(folders)) == len(folders) == 9


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_somebody_set_for_their_own_dbt_reaches_no_build(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept of another project would stand for ours in all data folders."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(dbt_project, "_parsed", {})
    (tmp_path / "dbt_project.yml").write_text("name: theirs\nversion: '1'\nprofile: rowkeeper\n")
    theirs = {
        "DBT_PROJECT_DIR": str(tmp_path),
        "DBT_PROFILE": "theirs",
        "DBT_RESOURCE_TYPES": "seed",
        "DBT_ENGINE_EXCLUDE_RESOURCE_TYPES": "model test",
        "DBT_WARN_ERROR": "1",
    }
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    context = Context(load_settings({}), engine)
    done = dbt_project.invoke(context, "ls", ["--output", "name"])
    dbt_project._parsed.clear()
    project = dbt_project.manifest(context)
    assert project
    assert project.metadata.project_name == "rowkeeper"
    assert {"people", "warn_quarantined_people"} <= set(done.result)  # type: ignore[arg-type]
    assert theirs.items() <= os.environ.items()


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_is_to_be_built(engine: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context(load_settings({}), engine)
    monkeypatch.setattr(dbt_project, "_parsed", {})
    dbt_project.invoke(context, "ls")
    place = dbt_project.target_folder(context)
    parsed = dbt_project._parsed.pop(place.name)
    project = dbt_project.manifest(context)  # as another process finds it
    assert project is not None
    assert project.flat_graph["sources"].keys() == parsed.flat_graph["sources"].keys()
    assert dbt_project.manifest(context) is project  # read once a process
    nodes = [node for node in project.nodes.values() if node.package_name == "rowkeeper"]
    views = {node.name for node in nodes if node.config.materialized == "view"}
    tables = {node.name for node in nodes if str(node.resource_type) == "model"} - views
    tests = {node.name for node in nodes if str(node.resource_type) == "test"}
    before = Inputs("project", "settings", "loads", 1, 1)

    assert to_build(project, before, replace(before, project="another")) is None
    assert to_build(project, before, replace(before, settings="others")) is None
    for restored in (replace(before, events=0), replace(before, acceptances=0)):
        assert to_build(project, before, restored) is None
    for changed in (replace(before, loads="more"), replace(before, acceptances=2)):
        assert set(to_build(project, before, changed) or ()) == tables | tests
        assert to_build(project, before, replace(changed, events=2)) == to_build(
            project, before, changed
        )
    events = set(to_build(project, before, replace(before, events=2)) or ())
    assert events < tables | tests
    unreached = {"people", "people_history", "people_lookalikes", "quarantine", "int_source_rows"}
    assert not unreached & events
    assert {"assets", "documents", "links", "int_legacy_claims"} <= events
    assert {"rules_of_int_asset_downloads", "assert_people_are_their_rows"} & events == {
        "rules_of_int_asset_downloads"
    }


def test_whatever_comes_or_goes_is_another_input(tmp_path: Path) -> None:
    target = Target(name="dev", type="duckdb", path=str(tmp_path / "rowkeeper.duckdb"))
    seen: list[Inputs | None] = []
    changes = (
        "create schema raw",
        "create table raw.asset_events (event_type text)",
        "insert into raw.asset_events values ('downloaded')",
        "insert into raw.asset_events values ('row_accepted')",
        "insert into raw.asset_events values ('row_released')",
        "create table raw.links as select '1.5' as _dlt_load_id",
        "insert into raw.links values ('1.5')",
        "update raw.links set _dlt_load_id = '1.6'",
        "create table raw._dlt_loads as select '1.6' as load_id, 1 as status",
        "update raw._dlt_loads set status = 0",
    )
    with connect(target) as warehouse:
        for change in changes:
            warehouse.execute(change)
            seen.append(read_inputs(warehouse, load_settings({})))
    assert seen[0] is None
    assert len(set(seen)) == len(changes)
    assert seen[-1]
    assert (seen[-1].acceptances, seen[-1].events) == (2, 1)


def test_every_setting_that_models_read_counts() -> None:
    read = set()
    for path in (PROJECT_DIR / "dbt_project").rglob("*.sql"):
        read |= set(re.findall(r"env_var\(\"(ROWKEEPER_(?!PG_)\w+)\"", path.read_text("utf-8")))
    assert read == {keys()[name] for name in READ_BY_DBT}
