"""``doctor`` tries on Postgres what a run will do, and names the statement that mends it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psycopg2
import pytest

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace import warehouse_check
from rowkeeper.workspace.warehouse_check import check_warehouse
from tests.helpers.postgres import PORT, USER, PostgresServer

ROLE = "limited_team"


def execute(server: PostgresServer, dbname: str, *statements: str) -> None:
    with closing(
        psycopg2.connect(host=server.host, port=PORT, user=USER, dbname=dbname)
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture
def limited(engine: Target, postgres_server: PostgresServer) -> Iterator[Target]:
    """The target as seen by a role that may connect and nothing else."""
    name = str(engine.dbname)
    execute(
        postgres_server,
        name,
        f"create role {ROLE} login",
        f'revoke create on database "{name}" from public',
        "revoke create on schema public from public",
    )
    yield replace(engine, user=ROLE)
    execute(postgres_server, name, f"drop owned by {ROLE} cascade", f"drop role {ROLE}")


def refusal(target: Target) -> str:
    with pytest.raises(WarehouseError) as refused:
        check_warehouse(target)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_all_is_tried_and_taken_back(engine: Target) -> None:
    assert engine.name in check_warehouse(engine)
    with connect(engine) as warehouse:
        sql = "select count(*) from information_schema.tables where table_name like '%probe%'"
        assert warehouse.query(sql) == [(0,)]
        sql = "select count(*) from information_schema.schemata where schema_name = 'raw'"
        assert warehouse.query(sql) == [(0,)]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_each_right_that_is_missing_is_named_by_its_grant(
    limited: Target, engine: Target, postgres_server: PostgresServer
) -> None:
    name = str(engine.dbname)
    statement = f'grant usage, create on schema "public" to "{ROLE}"'
    assert f"«{statement}»" in refusal(limited)
    execute(postgres_server, name, statement)
    statement = f'grant create on database "{name}" to "{ROLE}"'
    assert f"«{statement}»" in refusal(limited)
    execute(postgres_server, name, "create schema raw", f'grant usage on schema raw to "{ROLE}"')
    assert f'«grant usage, create on schema "raw" to "{ROLE}"»' in refusal(limited)
    execute(postgres_server, name, f'alter schema raw owner to "{ROLE}"', statement)
    assert "target prod" in check_warehouse(limited)
    execute(postgres_server, name, f'revoke temporary on database "{name}" from public')
    statement = f'grant temporary on database "{name}" to "{ROLE}"'
    assert f"«{statement}»" in refusal(limited)
    execute(postgres_server, name, statement)
    assert "target prod" in check_warehouse(limited)
    execute(postgres_server, name, "create table raw.links (x int)")
    assert f'«grant "{USER}" to "{ROLE}"»' in refusal(limited)
    execute(postgres_server, name, "drop table raw.links")


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_grants_name_the_role_by_which_the_server_knows_us(
    limited: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pooler may map its own users to the server's."""
    monkeypatch.setattr(
        warehouse_check, "connect", lambda target: connect(replace(target, user=ROLE))
    )
    assert f'to "{ROLE}"»' in refusal(replace(limited, user="team_at_the_pooler"))


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_readers_that_are_not_there_are_named(
    engine: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWKEEPER_PG_READERS", f"{USER}, nobody_there")
    assert "names nobody_there, and the server has no such role" in refusal(engine)
    monkeypatch.setenv("ROWKEEPER_PG_READERS", f" {USER}, ")
    assert "target prod" in check_warehouse(engine)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_server_that_takes_no_writes_or_loses_letters_is_named(
    engine: Target, postgres_server: PostgresServer
) -> None:
    name = str(engine.dbname)
    closed = f'alter database "{name}" set default_transaction_read_only = on'
    execute(postgres_server, name, closed)
    assert "read-only" in refusal(engine)
    execute(postgres_server, "postgres", "drop database if exists ascii_only")
    execute(
        postgres_server,
        "postgres",
        "create database ascii_only encoding 'SQL_ASCII' template template0 locale 'C'",
    )
    said = refusal(replace(engine, dbname="ascii_only"))
    assert "SQL_ASCII" in said
    assert "encoding 'UTF8'" in said
    execute(postgres_server, "postgres", "drop database ascii_only")
