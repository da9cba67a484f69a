"""Several schemas in one Postgres are apart: only raw is shared."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core.errors import UsageError
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.warehouse_check import check_warehouse
from tests.helpers.warehouses import dbt, rows_of

OWN = ("", "_staging", "_intermediate", "_checks")
ALIKE = ("people", "assets", "coverage", "pending_downloads", "pending_drops", "links")
RELATIONS = """
select relnamespace::regnamespace::text, relname::text, oid, relfilenode from pg_class
where relkind in ('r', 'v')
"""
SHARED = ("raw", "pg_catalog", "information_schema")
PAGE = (PROJECT_DIR / "docs" / "postgres.md").read_text("utf-8").replace("\\\n", " ")
SLIM = [
    option
    for found in re.findall(r"(--(?:select|exclude) [^-\n]+)", PAGE.partition("ci_42 dbt build")[2])
    for option in found.split()
]
"""What the page says that a slim build selects."""
ACROSS = """
select distinct views.relnamespace::regnamespace::text, tables.relnamespace::regnamespace::text
from pg_depend
inner join pg_rewrite on pg_depend.objid = pg_rewrite.oid
inner join pg_class as views on pg_rewrite.ev_class = views.oid
inner join pg_class as tables on pg_depend.refobjid = tables.oid
where pg_depend.classid = 'pg_rewrite'::regclass and views.relname !~ '^pg_'
"""


def build_beside(folder: Path, schema: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "unit_test"],
        cwd=PROJECT_DIR,
        env={
            **os.environ,
            "ROWKEEPER_PG_SCHEMA": schema,
            "DBT_TARGET_PATH": str(folder / schema),
            "DBT_LOG_PATH": str(folder / schema),
        },
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_two_people_build_at_once_beside_production(
    loaded: tuple[Context, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, _ = loaded
    target = context.target
    at_once = [build_beside(tmp_path, schema) for schema in ("alice_dev", "bob_dev")]
    for process in at_once:  # both make what is missing in raw
        said, _ = process.communicate()
        assert process.returncode == 0, said
    build(context)
    usual = ("public", "staging", "intermediate", "checks")
    production = [row for row in rows_of(target, RELATIONS) if row[0] in usual]
    rows = {name: rows_of(target, f"select * from public.{name}") for name in ALIKE}
    assert len(rows["people"]) > 20
    assert len(rows["pending_downloads"]) > 20
    schemas = {row[0] for row in rows_of(target, RELATIONS)}
    for owner in ("alice_dev", "bob_dev"):
        assert {f"{owner}{part}" for part in OWN} <= schemas
        for name in ALIKE:
            assert rows_of(target, f"select * from {owner}.{name}") == rows[name], (owner, name)
    across = [row for row in rows_of(target, ACROSS) if row[1] not in SHARED]
    assert len(across) > 10
    for reader, read in across:
        assert (
            reader.partition("_dev")[:2] == read.partition("_dev")[:2]
            or "_dev" not in reader + read
        )
    assert rows_of(target, "select schema_name from raw.rowkeeper_builds") == [("public",)]

    monkeypatch.setenv("ROWKEEPER_PG_SCHEMA", "alice_dev")
    alice = load_target()
    assert (alice.schema, alice.own_schema("checks")) == ("alice_dev", "alice_dev_checks")
    assert "target prod" in check_warehouse(alice)
    build(Context(context.settings, alice))
    names = rows_of(target, "select schema_name from raw.rowkeeper_builds")
    assert names == [("alice_dev",), ("public",)]
    assert [row for row in rows_of(target, RELATIONS) if row[0] in usual] == production


def names_of(listed: "subprocess.CompletedProcess[str]") -> set[str]:
    assert listed.returncode == 0, listed.stdout
    return {line for line in listed.stdout.splitlines() if line.startswith("rowkeeper.")}


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_slim_build_reads_production_for_the_rest(
    loaded: tuple[Context, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert loaded
    made = dbt(
        "build", "--exclude-resource-type", "unit_test", "--target-path", str(tmp_path / "p")
    )
    assert made.returncode == 0, made.stdout
    monkeypatch.setenv("ROWKEEPER_PG_SCHEMA", "ci_7")
    state = ("--defer", "--state", str(tmp_path / "p"))
    assert names_of(dbt("--quiet", "ls", *SLIM, *state)) == set()
    manifest = tmp_path / "p" / "manifest.json"
    production = json.loads(manifest.read_text("utf-8"))
    production["nodes"]["model.rowkeeper.coverage"]["raw_code"] = "select 1"
    manifest.write_text(json.dumps(production), "utf-8")
    models = ("--resource-type", "model")
    assert names_of(dbt("--quiet", "ls", *SLIM, *state, *models)) == {"rowkeeper.marts.coverage"}
    slim = dbt("build", *SLIM, *state)
    assert slim.returncode == 0, slim.stdout
    target = load_target()
    with connect(target) as warehouse:
        assert warehouse.tables("ci_7") == {"coverage"}
    assert rows_of(target, "select * from ci_7.coverage") == rows_of(
        target, "select * from public.coverage"
    )


def test_the_usual_schema_has_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Target(name="dev", type="duckdb").own_schema("checks") == "checks"
    usual = Target(name="prod", type="postgres", schema="public")
    assert usual.own_schema("staging") == "staging"
    monkeypatch.setenv("ROWKEEPER_PG_SCHEMA", "Alice dev")
    with pytest.raises(UsageError, match="small letters"):
        load_target("prod")
