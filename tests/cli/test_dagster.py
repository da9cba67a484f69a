"""Dagster shows the road from the sheet to the site, and goes it by ``rowkeeper run``."""

from pathlib import Path

import dagster as dg
import pytest

from rowkeeper.cli.dagster_plugin import LOADED, MADE_OF, defs, parsed_project
from rowkeeper.core.warehouse import Target


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_the_lineage_leads_from_the_sheet_to_the_site_and_one_step_goes_it(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
    definitions = defs()
    graph = definitions.resolve_asset_graph()
    above: set[dg.AssetKey] = set()
    todo = [dg.AssetKey("site")]
    while todo:
        parents = graph.get(todo.pop()).parent_keys - above
        above |= parents
        todo += parents
    names = {"sheet", "legacy_csv", "people", "stg_sheet__rows", "assets", "passages"}
    assert {dg.AssetKey(name) for name in names} <= above
    assert dg.AssetKey("pending_uploads") in graph.get(dg.AssetKey("archive")).parent_keys
    project = parsed_project()
    models = {node.name for node in project.nodes.values() if str(node.resource_type) == "model"}
    keys = {key.path[-1] for key in graph.get_all_asset_keys()}
    assert models | set(LOADED) | set(MADE_OF) <= keys, "each model, and no table that is not there"
    assert set(LOADED) <= {table.name for table in project.sources.values()}

    nightly = definitions.resolve_job_def("nightly")
    done = nightly.execute_in_process(raise_on_error=False)
    (failed,) = done.get_step_failure_events()
    assert "rowkeeper run ended with 2" in str(failed.event_specific_data), "there is no sheet yet"
    (tmp_path / "sheet.csv").write_text("#,Name\n1,Anna\n", "utf-8")
    monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", str(tmp_path / "sheet.csv"))
    done = nightly.execute_in_process()
    made = {event.asset_key for event in done.get_asset_materialization_events()}
    assert {dg.AssetKey("people"), dg.AssetKey("site")} <= made
    assert "Anna" in (tmp_path / "data/site/data/people.js").read_text("utf-8")
