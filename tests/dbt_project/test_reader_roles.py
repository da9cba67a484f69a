"""Readers: descriptions beside the tables, rights that builds keep, commands that only read."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.profiles import load_target
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace import dbt_project
from rowkeeper.workspace.build import build, refresh
from rowkeeper.workspace.context import Context
from tests.helpers.warehouses import dbt, rows_of

POSTGRES = pytest.mark.parametrize("engine", ["postgres"], indirect=True)
COMMENTS = {
    "duckdb": """
select schema_name, table_name, '', comment from duckdb_tables()
union all select schema_name, view_name, '', comment from duckdb_views()
union all select schema_name, table_name, column_name, comment from duckdb_columns()""",
    "postgres": """
select pg_class.relnamespace::regnamespace::text, pg_class.relname::text,
    coalesce(pg_attribute.attname::text, ''), pg_description.description
from pg_description inner join pg_class on pg_description.objoid = pg_class.oid
left join pg_attribute on pg_attribute.attrelid = pg_class.oid
    and pg_attribute.attnum = pg_description.objsubid and pg_description.objsubid > 0
where pg_description.classoid = 'pg_class'::regclass""",
}


@pytest.fixture
def reader(engine: Target) -> Iterator[str]:
    """A role that may connect to the server, and nothing else."""
    with connect(engine) as warehouse:
        warehouse.execute('create role "Anna Reader" login')
        yield "Anna Reader"
        warehouse.execute('drop owned by "Anna Reader"; drop role "Anna Reader"')


def models_of(context: Context) -> list[Any]:
    project = dbt_project.manifest(context)
    assert project
    return [node for node in project.nodes.values() if str(node.resource_type) == "model"]


def test_every_description_is_a_comment(built: tuple[Context, dict[str, Any]]) -> None:
    context, _ = built
    said = {
        tuple(row[:3]): row[3] for row in rows_of(context.target, COMMENTS[context.target.type])
    }
    models = models_of(context)
    assert len(models) > 60
    for model in models:
        assert said[model.schema, model.alias, ""] == model.description
        for column in model.columns.values():
            assert said[model.schema, model.alias, column.name] == column.description
    if context.target.type == "postgres":  # a build that changes no description writes none
        with connect(context.target) as warehouse:
            warehouse.execute("comment on table people is 'mine'")
            build(context)
            ((comment,),) = warehouse.query("select obj_description('people'::regclass)")
        assert comment == next(model.description for model in models if model.name == "people")


@POSTGRES
def test_readers_may_read_what_is_published_and_nothing_else(
    built: tuple[Context, dict[str, Any]], reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, _ = built
    monkeypatch.setenv("ROWKEEPER_PG_READERS", f"nobody_{os.getpid()}, {reader}")
    with pytest.raises(WarehouseError, match=f"names nobody_{os.getpid()}, .*create role"):
        refresh(context)
    monkeypatch.setenv("ROWKEEPER_PG_READERS", f"{reader},")
    refresh(context)
    public = {model.name for model in models_of(context) if model.access == "public"}
    assert len(public) > 30
    monkeypatch.setenv("ROWKEEPER_PG_USER", reader)
    with connect(load_target()) as theirs:
        for name in sorted(public):
            theirs.query(f"select * from {{schema}}.{name} limit 1")
        for closed in ("raw.sheet_rows", "staging.stg_sheet__rows", "intermediate.int_people"):
            with pytest.raises(WarehouseError, match="permission denied"):
                theirs.query(f"select * from {closed}")


@POSTGRES
def test_commands_that_only_read_need_no_right_to_write(
    loaded: tuple[Context, dict[str, Any]],
    reader: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context, _ = loaded
    monkeypatch.setenv("ROWKEEPER_PG_READERS", reader)
    build(context)
    with connect(context.target) as warehouse:
        warehouse.execute(f'grant usage on schema raw to "{reader}"')
        warehouse.execute(f'grant select on all tables in schema raw to "{reader}"')
    with monkeypatch.context() as only_reading:
        only_reading.setenv("ROWKEEPER_PG_USER", reader)
        only_reading.setenv("PGOPTIONS", "-c default_transaction_read_only=on")
        fresh = dbt("source", "freshness")
        assert "PASS freshness of" in fresh.stdout, fresh.stdout
        assert "permission denied" not in fresh.stdout
        documented = dbt("docs", "generate")
        assert documented.returncode == 0, documented.stdout
        catalog = json.loads((Path(os.environ["DBT_TARGET_PATH"]) / "catalog.json").read_text())
        people = catalog["nodes"]["model.rowkeeper.people"]
        assert people["metadata"]["comment"]
        assert all(column["comment"] for column in people["columns"].values())
        refused = dbt("build", "--select", "people")
        assert refused.returncode != 0
