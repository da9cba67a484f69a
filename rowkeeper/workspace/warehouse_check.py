"""What ``doctor`` asks a warehouse: all that a run will do there, tried and taken back."""

import os
from typing import NamedTuple

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Target, Warehouse, connect
from rowkeeper.workspace.dbt_project import READERS

OLDEST_POSTGRES = 130000
SHARED_SCHEMAS = ("raw", "raw_staging")
"""What dlt and the drain make, once in a database."""
OWN_SCHEMAS = ("staging", "intermediate", "checks")
"""What dbt makes beside the schema of the target, for each anew."""
PROBE = "rowkeeper_probe"
ROLES = "select rolname::text from pg_roles where rolname::text"

SERVER = """
select current_setting('server_version_num')::int as version,
    current_setting('server_encoding') as encoding,
    current_setting('transaction_read_only') = 'on' as is_read_only,
    pg_is_in_recovery() as is_replica, current_user as role
"""
STRANGERS = """
select pg_class.relnamespace::regnamespace::text as schema_name,
    min(pg_class.relname::text) as example,
    min(pg_get_userbyid(pg_class.relowner)::text) as owner, count(*) as relations
from pg_class
where pg_class.relnamespace::regnamespace::text = any(?) and pg_class.relkind in ('r', 'v', 'p')
    and not pg_has_role(current_user, pg_class.relowner, 'MEMBER')
    and (pg_class.relnamespace::regnamespace::text <> ? or pg_class.relname in (
        'people', 'assets', 'person_content', 'download_sessions'))
group by pg_class.relnamespace::regnamespace::text order by 1
"""


class ServerFacts(NamedTuple):
    """What a Postgres server says of itself and of us."""

    version: int
    encoding: str
    is_read_only: bool
    is_replica: bool
    role: str


class Strangers(NamedTuple):
    """How many relations of a schema are another role's, one of them, and whose it is."""

    schema_name: str
    example: str
    owner: str
    relations: int


def check_warehouse(target: Target) -> str:
    """Try what a run does in ``target`` and take it back; where it is, in words.

    Raises ``WarehouseError`` that names what is missing and the statement that mends it.
    """
    with connect(target) as warehouse:
        warehouse.check()
        role = ""
        if target.type == "postgres":
            role = _check_server(warehouse, target)
            _try_temporary(warehouse, target, role)
            _check_readers(warehouse)
        for schema in _schemas(target):
            _try_schema(warehouse, target, role, schema)
        if target.type == "postgres":
            _check_owners(warehouse, target, role)
    return f"target {target.name}, {target.where}"


def _schemas(target: Target) -> list[str]:
    """All that a run writes to."""
    own = (target.own_schema(name) for name in OWN_SCHEMAS)
    return list(dict.fromkeys((target.schema, *SHARED_SCHEMAS, *own)))


def _check_server(warehouse: Warehouse, target: Target) -> str:
    """The role by which the server knows us: a pooler may have other names for its users."""
    (server,) = warehouse.records(ServerFacts, SERVER)
    if server.is_replica:
        raise WarehouseError(
            f"{target.where} is a read-only replica: set ROWKEEPER_PG_HOST to its primary server."
        )
    if server.is_read_only:
        raise WarehouseError(
            f"{target.where} is read-only for us: a DBA may run «alter database "
            f'"{target.dbname}" set default_transaction_read_only = off», or name a server that '
            "takes writes."
        )
    if server.version < OLDEST_POSTGRES:
        raise WarehouseError(
            f"{target.where} is Postgres {server.version // 10000}, too old: use "
            f"{OLDEST_POSTGRES // 10000} or newer."
        )
    if server.encoding != "UTF8":
        raise WarehouseError(
            f"{target.where} keeps text as {server.encoding}, which can't hold every name: a "
            f"DBA may run «create database \"{target.dbname}_utf8\" encoding 'UTF8' template "
            "template0» and ROWKEEPER_PG_DBNAME name that."
        )
    return server.role


def _try_temporary(warehouse: Warehouse, target: Target, role: str) -> None:
    """Make a temporary table, as each build and larger loads do; undone in any case."""
    warehouse.execute("begin")
    try:
        warehouse.execute(f"create temporary table {PROBE} (found text)")
    except WarehouseError as error:
        raise WarehouseError(
            f"{role} may not make temporary tables in {target.where} "
            f"({target.reason(error.__cause__ or error)}): a DBA may run "
            f'«grant temporary on database "{target.dbname}" to "{role}"».'
        ) from None
    finally:
        warehouse.execute("rollback")


def _check_readers(warehouse: Warehouse) -> None:
    """Whom each build lets read must be there, or it stops."""
    named = list(filter(None, map(str.strip, os.environ.get(READERS, "").split(","))))
    there = set(warehouse.column(f"{ROLES} = any(?)", [named]))
    for role in named:
        if role not in there:
            raise WarehouseError(
                f"{READERS} names {role}, and the server has no such role: a DBA may run "
                f'«create role "{role}"», or take the name away.'
            )


def _try_schema(warehouse: Warehouse, target: Target, role: str, schema: str) -> None:
    """Make a table in ``schema``, which is made too where it is missing; undone in any case."""
    sql = "select 1 from information_schema.schemata where schema_name = ?"
    if target.type == "postgres":  # the view shows only what this role may use
        sql = "select 1 from pg_namespace where nspname = ?"
    exists = bool(warehouse.query(sql, [schema]))
    warehouse.execute("begin")
    try:
        if not exists:
            warehouse.execute(f'create schema "{schema}"')
        warehouse.execute(f'create table "{schema}".{PROBE} (found text)')
        warehouse.execute(f'drop table "{schema}".{PROBE}')
    except WarehouseError as error:
        if target.type == "duckdb":
            raise
        grant = (
            f'grant usage, create on schema "{schema}" to "{role}"'
            if exists
            else f'grant create on database "{target.dbname}" to "{role}"'
        )
        what = f"make a table in schema {schema}" if exists else f"make the schema {schema}"
        raise WarehouseError(
            f"{role} may not {what} in {target.where} ({target.reason(error.__cause__ or error)}): "
            f"a DBA may run «{grant}»."
        ) from None
    finally:
        warehouse.execute("rollback")


def _check_owners(warehouse: Warehouse, target: Target, role: str) -> None:
    """Tables that another role made can't be replaced by this one."""
    asked = [_schemas(target), target.schema]
    for others in warehouse.records(Strangers, STRANGERS, asked):
        raise WarehouseError(
            f"{others.relations} relations of schema {others.schema_name} in {target.where} belong "
            f"to {others.owner} ({others.example} is one), and only their owner may change them: a "
            f'DBA may run «grant "{others.owner}" to "{role}"».'
        )
