"""What is corrupted in the published tables or in raw fails a data test by name, on both engines.

Each data test is a view in the schema ``checks``: a corruption is planted, seen and taken back.
"""

import json
from typing import Any

import pytest

from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.sessions import work
from tests.helpers.warehouses import dbt

OTHER = "(select max(row_id) from {schema}.people where row_id != {table}.{column})"
VIDEO = "asset_kind = 'video'"
CORRUPTIONS = {
    "an asset moved to another person": (
        "assert_marts_agree",
        "update {schema}.assets set person_row_id = "
        + OTHER.format(schema="{schema}", table="assets", column="person_row_id")
        + " where asset_id = (select min(cast(asset_id as text)) from {schema}.assets)::uuid",
    ),
    "person_content with another name": (
        "assert_marts_agree",
        "update {schema}.person_content set name = 'Somebody Else'",
    ),
    "person_content with another e-mail": (
        "assert_marts_agree",
        "update {schema}.person_content set email = 'somebody@else.org'",
    ),
    "media ids of two videos swapped": (
        "assert_assets_are_asked_for",
        "update {schema}.assets set media_id = case when media_id = (select min(media_id) from "
        f"{{schema}}.assets where {VIDEO}) then (select max(media_id) from {{schema}}.assets "
        f"where {VIDEO}) else (select min(media_id) from {{schema}}.assets where {VIDEO}) end "
        f"where {VIDEO} and media_id in ((select min(media_id) from {{schema}}.assets "
        f"where {VIDEO}), (select max(media_id) from {{schema}}.assets where {VIDEO}))",
    ),
    "a doubtful claim made a fact": (
        "assert_claims_are_counted",
        "update {schema}.unverified_claims set standing = 'stands'",
    ),
    "doubtful claims deleted": (
        "assert_claims_are_counted",
        "delete from {schema}.unverified_claims",
    ),
    "a history row deleted": (
        "assert_history_is_whole",
        "delete from {schema}.people_history where version_key = "
        "(select max(version_key) from {schema}.people_history)",
    ),
    "a typing link changed": (
        "assert_people_are_their_rows",
        "update {schema}.people set typing_document_link = 'https://example.org/x' "
        "where typing_document_link is not null",
    ),
    "a status changed": (
        "assert_people_are_their_rows",
        "update {schema}.people set status = 'changed'",
    ),
    "a CSV's type changed in raw": (
        "assert_raw_is_as_loaded",
        "update raw.legacy_csv_rows set type = 'FF-Ne/Ti-PB/S(C) #4'",
    ),
    "a session's total changed": (
        "assert_session_totals_are_their_outcomes",
        "update {schema}.download_sessions set completed_assets = 0",
    ),
}
"""What is done -> the data test that sees it, and the statement."""


def test_each_corruption_fails_its_test(loaded: tuple[Context, dict[str, Any]]) -> None:
    context, _ = loaded
    build(context)
    work(context)
    build(context)
    for name, (seen_by, statement) in CORRUPTIONS.items():
        with connect(context.target) as warehouse:
            sql = f"select count(*) from checks.{seen_by}"
            assert warehouse.query(sql) == [(0,)], name
            warehouse.execute("begin")
            warehouse.execute(statement.format(schema=context.target.schema))
            seen = warehouse.query(sql)
            warehouse.execute("rollback")
            assert seen[0][0] > 0, name
    with connect(context.target) as warehouse:
        for _, statement in CORRUPTIONS.values():
            warehouse.execute(statement.format(schema=context.target.schema))
    said = dbt("test", "--select", "test_type:singular").stdout
    for seen_by, _ in CORRUPTIONS.values():
        assert f"Failure in test {seen_by} " in said


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_check_warns_only_if_its_name_says_so(engine: Target) -> None:
    """From the manifest: what must never happen is an error, whoever edits its file."""
    keys = ("--output", "json", "--output-keys", "name", "config")
    listed = dbt("ls", "--resource-type", "test", "--target", engine.name, *keys).stdout
    found = {
        check["name"]: check["config"]
        for check in (json.loads(line) for line in listed.splitlines() if line.startswith("{"))
    }
    assert len(found) > 60
    for name, config in found.items():
        said = (config["severity"].lower(), config["error_if"], config["limit"])
        severity = "warn" if name.startswith("warn_") else "error"
        assert (name, *said) == (name, severity, "!= 0", None)
    assert {seen_by for seen_by, _ in CORRUPTIONS.values()} <= set(found)
