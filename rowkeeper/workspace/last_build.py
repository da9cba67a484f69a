"""What the last build was made of, and so what the next one need not make again.

The warehouse has it beside the tables, for machines that share one: ``raw.rowkeeper_builds``, a row
for each schema. Every build of dbt deletes the row as it begins (``forget_last_build()``), so that
what fails, is killed or was selected by hand counts as not built.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rowkeeper.core.settings import Settings
from rowkeeper.core.text import from_json
from rowkeeper.core.warehouse import BUILDS, Row, Warehouse, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.dbt_project import project_version, settings_read

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

CREATE = f"""
create table if not exists {".".join(BUILDS)} (schema_name text primary key, build text)
"""
COLUMNS = """
select table_name from information_schema.columns
where table_schema = 'raw' and column_name = ?
"""
ACCEPTANCES = ("row_accepted", "row_released")
"""The events that say whose a row is; all others say something of assets and sessions."""
EVENTS = f"""
select
    count(case when event_type in {ACCEPTANCES} then 1 end) as acceptances,
    count(case when event_type not in {ACCEPTANCES} then 1 end) as events
from raw.asset_events
"""
ACCEPTED_BY = "int_accepted_rows"
FED_BY_EVENTS = "stg_events__asset_events"


@dataclass(frozen=True)
class Warned:
    """A data test that warns: how many rows it lists, the first of them, and where all are."""

    test: str
    rows: int
    examples: tuple[str, ...]
    relation: str


@dataclass(frozen=True)
class Inputs:
    """All that a build is made of. ``loads``: a hash of which load has how many rows of what."""

    project: str
    settings: str
    loads: str
    acceptances: int
    events: int


@dataclass(frozen=True)
class LastBuild:
    """A build that succeeded. ``relations``: what it left in the database, schema and name."""

    inputs: Inputs
    warnings: list[Warned]
    relations: frozenset[tuple[str, str]]


def read_inputs(warehouse: Warehouse, settings: Settings) -> Inputs | None:
    """What a build would be made of now; None where nothing was ever loaded.

    The caller has the lock of the tables. Raises ``WarehouseError``.
    """
    if not warehouse.query(COLUMNS, ["event_type"]):
        return None
    counts: dict[str, int] = warehouse.records(dict, EVENTS)[0]
    read = json.dumps(settings_read(settings), sort_keys=True)
    return Inputs(project_version(), read, _hash_of(_loads(warehouse)), **counts)


def last_build(warehouse: Warehouse, schema: str) -> LastBuild | None:
    """The build that made the tables as they are; None if there is none, or a table is gone."""
    relations = _relations(warehouse)
    if BUILDS not in relations:
        return None
    builds = warehouse.column(
        f"select build from {'.'.join(BUILDS)} where schema_name = ?", [schema]
    )
    build = _read(builds[0]) if builds else None
    return build if build and build.relations <= relations else None


def remember(
    context: Context, inputs: Inputs, warnings: list[Warned], schemas: Collection[str]
) -> None:
    """The tables are now as ``inputs`` make them. ``schemas``: where dbt makes its relations."""
    with connect(context.target) as warehouse:
        relations = sorted(row for row in _relations(warehouse) if row[0] in schemas)
        build = {
            "inputs": asdict(inputs),
            "warnings": [asdict(warned) for warned in warnings],
            "relations": relations,
        }
        warehouse.execute(CREATE)
        with warehouse.transaction():
            table, schema = ".".join(BUILDS), context.target.schema
            warehouse.execute(f"delete from {table} where schema_name = ?", [schema])
            warehouse.execute(f"insert into {table} values (?, ?)", [schema, json.dumps(build)])


def to_build(manifest: "Manifest", before: Inputs, now: Inputs) -> list[str] | None:
    """The names of models and data tests that can come out differently; None: all of them.

    A view is as it was while the project is. Of events that accept or release no row only what
    they reach otherwise is built.
    """
    if before.project != now.project or before.settings != now.settings:
        return None
    if now.events < before.events or now.acceptances < before.acceptances:
        return None  # raw is another one, restored from before
    nodes = {
        name: node for name, node in manifest.nodes.items() if node.package_name == "rowkeeper"
    }
    models = {node.name: node for node in nodes.values() if str(node.resource_type) == "model"}
    reached = set(models)
    if (before.loads, before.acceptances) == (now.loads, now.acceptances):
        reached = _reached({name: _reads(node) for name, node in models.items()})
    tables = {name for name in reached if models[name].config.materialized != "view"}
    tests = {
        node.name
        for node in nodes.values()
        if str(node.resource_type) == "test" and {ref.name for ref in node.refs} & reached
    }
    return sorted(tables | tests)


def _reads(model: Any) -> set[str]:
    """The models that ``model`` reads; after_checks() only says what comes first."""
    return {ref.name for ref in model.refs if f'ref("{ref.name}")' in model.raw_code}


def _reached(reads: Mapping[str, set[str]]) -> set[str]:
    """The models that an event reaches which accepts no row and releases none."""
    reached = {FED_BY_EVENTS}
    while new := {
        name
        for name, parents in reads.items()
        if name not in reached and name != ACCEPTED_BY and parents & reached
    }:
        reached |= new
    return reached


def _loads(warehouse: Warehouse) -> list[Row]:
    """Of each raw table the loads that its rows are from, with their number; what has finished."""
    tables = sorted(warehouse.column(COLUMNS, ["_dlt_load_id"]))
    counts = [
        f"select '{name}', _dlt_load_id, count(*) from raw.{name} group by _dlt_load_id"
        for name in tables
    ]
    if "_dlt_loads" in warehouse.column(COLUMNS, ["load_id"]):
        counts.append(
            "select '_dlt_loads', load_id, max(status) from raw._dlt_loads group by load_id"
        )
    return warehouse.query(" union all ".join(counts)) if counts else []


def _relations(warehouse: Warehouse) -> set[tuple[str, str]]:
    sql = "select table_schema, table_name from information_schema.tables"
    rows: list[dict[str, Any]] = warehouse.records(dict, sql)
    return {(row["table_schema"], row["table_name"]) for row in rows}


def _hash_of(rows: list[Row]) -> str:
    return hashlib.sha256(repr(sorted(rows, key=repr)).encode()).hexdigest()


def _read(text: str) -> LastBuild | None:
    """What was remembered; None if another version wrote it in another way."""
    try:
        values = from_json(text)
        return LastBuild(
            Inputs(**values["inputs"]),
            [Warned(**{**row, "examples": tuple(row["examples"])}) for row in values["warnings"]],
            frozenset((schema, name) for schema, name in values["relations"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
