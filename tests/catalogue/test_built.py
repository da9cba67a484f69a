"""Whether the tables are there, and this version's."""

import json
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.catalogue.built import NEWEST_VIEW, require_built
from rowkeeper.cli import run_command
from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from tests.helpers.archives import context_at


def test_tables_of_an_earlier_version_are_told_from_none(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    (tmp_path / "data").mkdir()
    with connect(context.target) as warehouse:
        with pytest.raises(WarehouseError, match=r"There is nothing in .* yet: run rowkeeper run"):
            require_built(context, warehouse)
        warehouse.execute("create schema raw; create table raw.legacy_csv_rows (row_key text)")
        warehouse.execute("create table {schema}.person_content (row_id text)")
        with pytest.raises(WarehouseError, match="by an earlier version: run rowkeeper run"):
            require_built(context, warehouse)
        require_built(context, warehouse, earlier_will_do=True)
        warehouse.execute(f"create view {{schema}}.{NEWEST_VIEW} as select 1 as row_key")
        require_built(context, warehouse)


EARLIER = """
create table before as select * exclude (asset_type), asset_kind as asset_type from assets;
alter table before drop asset_kind;
drop table assets;
alter table before rename to assets;
drop view runs
"""


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_status_shows_the_tables_of_an_earlier_version(
    built: tuple[Context, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    context, _ = built
    with connect(context.target) as warehouse:
        for statement in EARLIER.split(";\n"):
            warehouse.execute(statement)
    assert run_command(["status", "--json"]) == 0, capsys.readouterr().err
    lacks = {kind for one in json.loads(capsys.readouterr().out)["people"] for kind in one["lacks"]}
    assert {"video", "document", "transcript", "file"} <= lacks
