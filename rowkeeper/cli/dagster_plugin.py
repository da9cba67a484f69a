"""The road from the sheet to the site as assets of Dagster: ``dagster dev -m
rowkeeper.cli.dagster_plugin``.

One ``rowkeeper run`` makes them all, so they are one step. What follows from what is read from the
dbt project itself, its exposures included.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from rowkeeper.core.errors import BuildError, BusyError, SourceUnavailableError
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import load_settings
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

COMMAND = (str(Path(sys.executable).parent / "rowkeeper"), "run")
NIGHTLY = "17 3 * * *"
PASSING = frozenset({BusyError.exit_code, SourceUnavailableError.exit_code})
"""With these a run waits for the next one; Dagster may try it again, too."""
SOURCES = {"sheet": "The team's sheet.", "legacy_csv": "The CSVs of the old system."}
LOADED = {
    "sheet_snapshots": ("sheet",),
    "sheet_rows": ("sheet",),
    "legacy_csv_files": ("legacy_csv",),
    "legacy_csv_rows": ("legacy_csv",),
    "legacy_claims": ("legacy_csv",),
    "legacy_evidence": ("legacy_csv",),
    "links": ("sheet", "legacy_csv"),
    "row_keys": ("sheet", "legacy_csv"),
}
"""Raw table that dlt loads -> of what. The others come from the journal: to show whence would be a
circle, for each run begins with what the last one has told."""
MADE_OF = {"archive": ("workers",), "site": ("catalogue",)}
"""What is no table -> the exposures that list what it is made of."""


@dg.definitions
def defs() -> dg.Definitions:
    """All of it, for the project that ``rowkeeper`` would take here."""
    return definitions(parsed_project())


def definitions(project: "Manifest") -> dg.Definitions:
    """The assets, the step that makes them, and a schedule for it."""
    specs = {spec.key: spec for spec in _road(project)}
    above = {key: {dep.asset_key for dep in spec.deps} for key, spec in specs.items()}
    order = [key for key in TopologicalSorter(above).static_order() if key in specs]

    @dg.multi_asset(name="rowkeeper_run", specs=[*specs.values()])
    def rowkeeper_run() -> Iterator[dg.MaterializeResult[Any]]:
        code = subprocess.run(COMMAND, check=False).returncode
        if code:
            raise dg.Failure(
                f"rowkeeper run ended with {code}: its output says why and what to do.",
                allow_retries=code in PASSING,
            )
        for key in order:
            yield dg.MaterializeResult(asset_key=key)

    job = dg.define_asset_job("nightly", selection=[rowkeeper_run])
    outside = [dg.AssetSpec(name, description=said) for name, said in SOURCES.items()]
    return dg.Definitions(
        assets=[*outside, rowkeeper_run],
        jobs=[job],
        schedules=[dg.ScheduleDefinition(job=job, cron_schedule=NIGHTLY)],
    )


def parsed_project() -> "Manifest":
    """The dbt project, parsed at most once for each version of it. Raises ``RowkeeperError``."""
    from rowkeeper.workspace.dbt_project import invoke, manifest

    settings = load_settings({})
    os.environ["ROWKEEPER_DATA_DIR"] = str(settings.data_dir)
    context = Context(settings, load_target())
    if manifest(context) is None:
        invoke(context, "parse")
    if (dbt_project := manifest(context)) is None:
        raise BuildError("The dbt project can't be parsed: dbt parse says why.")
    return dbt_project


def _road(project: "Manifest") -> Iterator[dg.AssetSpec]:
    known: dict[str, dg.AssetKey] = {}
    for unique_id, table in project.sources.items():
        known[unique_id] = key = dg.AssetKey([table.source_name, table.name])
        yield dg.AssetSpec(key, deps=LOADED.get(table.name, ()), group_name="raw", kinds={"dlt"})
    models = [node for node in project.nodes.values() if str(node.resource_type) == "model"]
    known |= {node.unique_id: dg.AssetKey(node.name) for node in models}
    for node in models:
        deps = _keys(known, node.depends_on_nodes)
        yield dg.AssetSpec(
            known[node.unique_id],
            deps=deps,
            group_name=node.fqn[1],
            description=node.description,
            kinds={"dbt"},
        )
    exposed = {one.name: one.depends_on_nodes for one in project.exposures.values()}
    for name, exposures in MADE_OF.items():
        deps = [key for exposure in exposures for key in _keys(known, exposed[exposure])]
        yield dg.AssetSpec(name, deps=deps, group_name="readers")


def _keys(known: dict[str, dg.AssetKey], unique_ids: Iterable[str]) -> list[dg.AssetKey]:
    return [known[unique_id] for unique_id in dict.fromkeys(unique_ids) if unique_id in known]
