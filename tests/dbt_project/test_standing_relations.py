"""On Postgres relations stay where they are: what others hang on them lives through every build."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.postgres import open_postgres
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace import dbt_project
from rowkeeper.workspace.build import OTHERS_DEPEND, build
from rowkeeper.workspace.context import Context
from tests.helpers.warehouses import dbt, rows_of

pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=True)
CHOSEN = ("people", "assets", "coverage", "pending_downloads", "fixity", "int_people")
BUILDS = int(os.environ.get("STANDING_BUILDS", 2 * len(CHOSEN)))
"""Each is built and made anew; ``STANDING_BUILDS=48`` by hand takes its time."""
BY_HAND = """
create role analyst login;
create schema analyst authorization analyst;
grant usage on schema public, checks to analyst;
grant select, references on people, assets, pending_downloads to analyst with grant option;
grant select on checks.warn_row_id_stands_twice to analyst;
set role analyst;
create view analyst.types as
    select people.personality_type, count(*) as assets
    from people inner join assets on people.row_id = assets.person_row_id group by 1;
create view analyst.waiting as select * from pending_downloads;
create view analyst.twice as select * from checks.warn_row_id_stands_twice;
create materialized view analyst.names as select name from people;
create table analyst.notes (row_id text references people (row_id), note text);
insert into analyst.notes select min(row_id), 'met' from people;
reset role;
analyze people
"""
STANDING = (
    """select oid, oid::regclass::text, relacl::text from pg_class
    where relnamespace::regnamespace::text in ('public', 'analyst')
        and relkind in ('r', 'v', 'm')""",
    """select conrelid::regclass::text, confrelid::regclass::text,
        pg_get_constraintdef(oid), conname from pg_constraint where contype in ('f', 'p', 'c')""",
    "select staattnum from pg_statistic where starelid = 'people'::regclass",
    "select count(*) from analyst.types",
    "select count(*) from analyst.waiting",
    "select * from analyst.notes",
)


@contextmanager
def analyst(target: Target) -> Iterator[None]:
    with connect(target) as warehouse:
        warehouse.execute(BY_HAND)
        try:
            yield
        finally:
            warehouse.execute("drop owned by analyst cascade; drop role analyst")


@contextmanager
def long_reader(target: Target, *relations: str) -> Iterator[int]:
    """A transaction that has read these and stays open; the pid of its session."""
    with closing(open_postgres(target)) as session, session.cursor() as cursor:
        cursor.execute("begin isolation level repeatable read")
        for relation in relations:
            cursor.execute(f"select count(*) from {relation}")
        yield session.info.backend_pid
        cursor.execute("rollback")


PEOPLE = "select row_id, name, email from people"
KEYS = """
select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
where contype = 'f' and connamespace = 'public'::regnamespace"""


def what_stands(target: Target) -> list[list[Row]]:
    return [rows_of(target, sql) for sql in STANDING]


def run(context: Context, name: str, *options: str) -> None:
    said = dbt_project.invoke(context, "run", ["--select", name, *options])
    assert said.success, said


def test_what_others_hang_on_relations_lives_through_many_builds(
    loaded: tuple[Context, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, _ = loaded
    monkeypatch.setenv("DBT_LOCK_TIMEOUT", "1s")
    build(context)
    with analyst(context.target):
        before = what_stands(context.target)
        keys = [row for row in before[1] if row[1] == "people" and row[2].startswith("FOREIGN")]
        assert len(keys) == 9  # one of them the analyst's
        people = rows_of(context.target, "select * from people")
        read = [row[1] for row in before[0]] + ["checks.warn_row_id_stands_twice"]
        with long_reader(context.target, *read, "intermediate.int_people"):
            build(context)
            for number in range(BUILDS):
                turn, place = divmod(number, len(CHOSEN))
                run(context, CHOSEN[place], *(["--full-refresh"] if turn % 2 else []))
        assert what_stands(context.target) == before
        with connect(
            context.target
        ) as warehouse:  # rows that no model makes, and one that is not so
            warehouse.execute(
                "create temporary table ghost as select * from people limit 1;"
                "update ghost set row_id = 'ghost'; insert into people select * from ghost;"
                "create temporary table its as select * from coverage limit 1;"
                "update its set row_id = 'ghost'; insert into coverage select * from its;"
                "update people set name = 'Somebody else' where row_id <> 'ghost'"
            )
        run(context, "people")
        assert rows_of(context.target, "select * from people") == people
        assert rows_of(context.target, "select * from coverage where row_id = 'ghost'") == []
        assert what_stands(context.target) == before


def test_a_column_that_must_change_names_what_depends_on_it(
    built: tuple[Context, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, _ = built
    with analyst(context.target), connect(context.target) as warehouse:
        columns, _ = warehouse.select("select * from people limit 0")
        people, before = (
            rows_of(context.target, "select * from people"),
            what_stands(context.target),
        )
        warehouse.execute(
            "alter table people rename column email to mail;"
            "alter table assets drop constraint assets_download_status_check;"
            "alter table people alter column name drop not null;"
            "grant select on people to analyst;"
            "create view checks.of_an_older_version as select mail from people;"
            "create view analyst.mails as select mail from people"
        )
        words = r"people. must change, .*view analyst.mails depends"
        with pytest.raises(WarehouseError, match=words):
            build(context)
        assert warehouse.query("select count(mail) from analyst.mails") != [(0,)]
        warehouse.execute("drop view analyst.mails")
        run(context, "people")
        run(context, "assets")
        assert sorted(warehouse.columns("public", "people")) == sorted(columns)
        listed = ", ".join(columns)
        assert rows_of(context.target, f"select {listed} from people") == people
        for now, earlier in list(zip(what_stands(context.target), before, strict=True))[3:]:
            assert now == earlier  # statistics of a column that was made anew are yet to come
        assert sorted(rows_of(context.target, STANDING[1])) == sorted(before[1])
        assert "of_an_older_version" not in warehouse.tables("checks")

        warehouse.execute("drop view analyst.waiting; drop view pending_downloads cascade")
        warehouse.execute("create view pending_downloads as select 1 as asset_id")
        warehouse.execute("create view analyst.waiting as select * from pending_downloads")
        said = dbt_project.invoke(context, "run", ["--select", "pending_downloads"])
        message = " ".join(str(node.message) for node in said.result or ())  # type: ignore[union-attr]
        match = OTHERS_DEPEND.search(message)
        assert match
        assert "view analyst.waiting depends" in match[0]
        warehouse.execute("drop view analyst.waiting")
        run(context, "pending_downloads")
        assert len(warehouse.columns("public", "pending_downloads")) > 5

        monkeypatch.setenv("DBT_LOCK_TIMEOUT", "1s")
        with closing(open_postgres(context.target)) as session, session.cursor() as cursor:
            cursor.execute("begin; lock table people in access exclusive mode")
            waited = dbt("run", "--select", "people")
        assert waited.returncode != 0
        assert "due to lock timeout: pid " in waited.stdout
        assert "End that, then build again." in waited.stdout


def test_a_key_that_must_change_takes_our_own_keys_to_it_along(
    built: tuple[Context, dict[str, Any]],
) -> None:
    """As in an upgrade from a version whose key was of another type."""
    context, _ = built
    people, keys = rows_of(context.target, PEOPLE), rows_of(context.target, KEYS)
    assert len(keys) > 5
    with connect(context.target) as warehouse:
        warehouse.execute("alter table people rename column row_id to other_id")
    build(context)
    assert rows_of(context.target, PEOPLE) == people
    assert rows_of(context.target, KEYS) == keys
