"""Warehouses as a test wants them: loaded, built and read."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace import dbt_project
from rowkeeper.workspace.context import Context

PENDING = """select asset_id, person_row_id, provider, media_id, asset_kind
    from {schema}.pending_downloads"""

STATES = """
select media_id, asset_type, local_file_path, object_key, download_status, upload_status, sha256
from {schema}.assets where sha256 is not null order by 1, 2
"""


def dbt(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A user's dbt, in the checkout, on the target of the environment."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def statuses(context: Context, command: str, *arguments: str) -> dict[str, str]:
    """Run dbt in this process, where the project is parsed already: node -> its status."""
    from dbt.artifacts.schemas.run import RunExecutionResult

    result = dbt_project.invoke(context, command, arguments).result
    assert isinstance(result, RunExecutionResult)
    return {node.node.name: str(node.status) for node in result.results}


def in_order(target: Target, sql: str) -> list[Row]:
    """The rows as the query orders them."""
    with connect(target) as warehouse:
        return warehouse.query(sql.format(schema=target.schema, state="{state}"))


def rows_of(target: Target, sql: str) -> list[Row]:
    with connect(target) as warehouse:
        return sorted(warehouse.query(sql.format(schema=target.schema, state="{state}")), key=str)


def events_for(pending: list[Row]) -> list[AssetEvent]:
    """A life of several attempts for every pending asset, some of it failed, some archived."""
    events = []
    session: dict[str, Any] = {"session_id": new_id(), "session_type": "download"}
    for number, (asset_id, row_id, provider, media_id, kind) in enumerate(pending):
        medium = {"provider": provider, "media_id": media_id, "asset_kind": kind}
        common: dict[str, Any] = {**session, **medium, "asset_id": asset_id, "row_id": row_id}
        done: dict[str, Any] = {
            "sha256": f"{number:064x}",
            "size_bytes": number,
            "local_path": f"files/{asset_id}.bin",
        }
        failed: dict[str, Any] = {
            "error_code": "http_503",
            "error_message": "busy",
            "verdict": "retry",
        }
        events += [
            AssetEvent(event_type=EventType.DOWNLOAD_FAILED, attempt=1, **common, **failed),
            AssetEvent(event_type=EventType.DOWNLOADED, attempt=2, **common, **done),
            AssetEvent(event_type=EventType.DOWNLOAD_FAILED, attempt=2, **common, **failed),
        ]
        if number % 3 == 0:
            failed["verdict"] = "permanent"
            events.append(
                AssetEvent(event_type=EventType.DOWNLOAD_FAILED, attempt=3, **common, **failed)
            )
        elif number % 3 == 1:
            place = {"bucket": "b", "object_key": asset_id, "cloud_url": f"s3://b/{asset_id}"}
            events.append(
                AssetEvent(event_type=EventType.UPLOADED, attempt=1, **common, **done, **place)
            )
    return events


MODELS = "select table_name from information_schema.tables where table_schema = '{schema}'"


def tables(target: Target) -> dict[str, list[Row]]:
    """Everything in the schema that users read, but of the runs, of which each is one more."""
    with connect(target) as warehouse:
        names = [name for (name,) in warehouse.query(MODELS.format(schema=target.schema))]
        names.remove("runs")
        return {
            name: sorted(warehouse.query(f"select * from {target.schema}.{name}"), key=str)
            for name in names
        }


def states(target: Target) -> dict[str, tuple[Any, ...]]:
    """Where each medium is and how it stands, by its id."""
    with connect(target) as warehouse:
        rows = warehouse.query(STATES.format(schema=target.schema))
    return {row[0]: tuple(row[2:]) for row in rows}
