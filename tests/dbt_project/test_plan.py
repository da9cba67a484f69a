"""The published tables are the plan's to the letter: compared with its own DDL, on both engines."""

import json
from typing import Any

from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.sessions import work
from tests.helpers.warehouses import rows_of

PLAN = {
    "people": """row_id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, email VARCHAR,
        personality_type VARCHAR, source_link VARCHAR, created_at TIMESTAMP,
        updated_at TIMESTAMP""",
    "assets": """asset_id UUID PRIMARY KEY, person_row_id VARCHAR REFERENCES {plan}.people(row_id),
        asset_type VARCHAR, original_url VARCHAR, local_file_path VARCHAR,
        cloud_storage_url VARCHAR, media_id VARCHAR, filename VARCHAR, file_size_bytes BIGINT,
        download_status VARCHAR, metadata JSONB, created_at TIMESTAMP, updated_at TIMESTAMP""",
    "download_sessions": """session_id UUID PRIMARY KEY, session_type VARCHAR,
        total_assets INTEGER, completed_assets INTEGER, failed_assets INTEGER, status VARCHAR,
        created_at TIMESTAMP, completed_at TIMESTAMP""",
}
"""The plan's own DDL. Timestamps are kept with time zone, see docs/adr/0020."""
COLUMNS = """
select table_name, column_name, lower(data_type), is_nullable from information_schema.columns
where table_schema = '{schema}' and table_name in ('people', 'assets', 'download_sessions')
order by table_name, ordinal_position
"""
KEYS = """
select kinds.table_name, kinds.constraint_type, keys.column_name
from information_schema.table_constraints as kinds
inner join information_schema.key_column_usage as keys
    on kinds.constraint_name = keys.constraint_name and kinds.table_schema = keys.table_schema
        and kinds.table_name = keys.table_name
where kinds.table_schema = '{schema}' and kinds.constraint_type in ('PRIMARY KEY', 'FOREIGN KEY')
    and kinds.table_name in ('people', 'assets', 'download_sessions')
"""
REFERENCED = """
select count(*) from information_schema.referential_constraints as found
inner join information_schema.key_column_usage as keys
    on found.constraint_name = keys.constraint_name
        and found.constraint_schema = keys.constraint_schema
inner join information_schema.key_column_usage as targets
    on found.unique_constraint_name = targets.constraint_name
        and found.unique_constraint_schema = targets.table_schema
where keys.table_schema = '{schema}' and keys.table_name = 'assets'
    and targets.table_name like 'people%' and targets.column_name = 'row_id'
"""
INDEXED = {
    "duckdb": "select sql from duckdb_indexes() where table_name = 'assets'",
    "postgres": "select indexdef from pg_indexes where tablename = 'assets'",
}
STATUSES = """
select download_status, upload_status, cloud_storage_url is not null, archived_by
from {schema}.assets
"""
AGREE = """
select assets.asset_id from {schema}.assets as assets
inner join {schema}.person_content as content on assets.asset_id = content.asset_id
inner join {schema}.media as media
    on assets.provider = media.provider and assets.media_id = media.media_id
        and assets.asset_kind = media.asset_kind
where assets.download_status = content.download_status
    and assets.asset_type = content.asset_type and assets.asset_type = media.asset_type
    and (assets.download_status = 'uploaded') = content.archived
    and (assets.download_status != 'uploaded' or media.is_archived)
"""
CONTEXT = """
select assets.metadata, people.row_id, people.name, people.email, people.personality_type,
    source_rows.line
from {schema}.assets as assets
inner join {schema}.people as people on assets.person_row_id = people.row_id
inner join intermediate.int_source_rows as source_rows
    on source_rows.row_key = coalesce(
        cast(assets.metadata as json) ->> 'source_row', people.source_row_key)
"""
COVERED = """
select sum(expected), sum(archived), sum(claimed), sum(failed), sum(missing),
    sum(held), sum(case when is_complete and expected > archived then 1 else 0 end)
from {schema}.coverage
"""
STATES = {"pending", "downloaded", "uploaded", "failed"}
TYPES = {
    *("youtube_video", "youtube_transcript", "youtube_playlist", "drive_file", "drive_folder"),
    *("google_doc", "google_doc_html", "google_spreadsheet", "google_presentation", "direct_file"),
}


def test_the_tables_are_the_plan_s(built: tuple[Context, dict[str, Any]]) -> None:
    context, _ = built
    engine = context.target
    sessions = work(context)
    build(context)
    assert_same_ddl(engine)
    assert_values(engine)
    assert_context(engine)
    rows = {row[0]: row[1:] for row in rows_of(engine, "select * from {schema}.download_sessions")}
    for session_id, wanted in sessions.items():
        session_type, total, completed, failed, *_, activity = rows[session_id]
        assert (session_type, activity, total) == wanted
        assert completed + failed <= total


def assert_same_ddl(engine: Target) -> None:
    with connect(engine) as warehouse:
        warehouse.execute("create schema plan")
        for table, columns in PLAN.items():
            ddl = columns.format(plan="plan")
            if engine.type == "duckdb":
                ddl = ddl.replace("JSONB", "JSON")
            warehouse.execute(f"create table plan.{table} ({ddl})")
        wanted = warehouse.query(COLUMNS.format(schema="plan"))
        rows = warehouse.query(COLUMNS.format(schema=engine.schema))
        keys = [
            set(warehouse.query(KEYS.format(schema=schema))) for schema in ("plan", engine.schema)
        ]
        references = [
            warehouse.query(REFERENCED.format(schema=schema)) for schema in ("plan", engine.schema)
        ]
        indexes = [row[0] for row in warehouse.query(INDEXED[engine.type])]
        warehouse.execute("drop schema plan cascade")
    for table in PLAN:
        ours = [row[1:] for row in rows if row[0] == table]
        theirs = [row[1:] for row in wanted if row[0] == table]
        assert len(theirs) >= 7
        for (name, kind, nullable), (our_name, our_kind, our_nullable) in zip(
            theirs, ours, strict=False
        ):
            zoned = "timestamp with time zone"
            kind = zoned if kind.startswith("timestamp") else kind
            assert (table, our_name, our_kind) == (table, name, kind)
            assert our_nullable == "NO" or nullable == "YES"
    assert keys[0] == keys[1]
    assert references[0] == references[1] == [(1,)]
    for column in ("person_row_id", "download_status", "media_id", "provider"):
        assert any(f"({column})" in text.replace('"', "") for text in indexes), column


def assert_values(engine: Target) -> None:
    assets = rows_of(engine, STATUSES)
    words = {row[0] for row in assets}
    assert {"downloaded", "uploaded", "failed"} <= words | {"pending"} <= STATES
    assert {row[1] for row in assets} <= {None, "pending", "uploaded", "failed", "claimed"}
    for status, upload, has_url, archived_by in assets:
        assert (status == "uploaded") == (upload == "uploaded") == (archived_by == "rowkeeper")
        assert status != "uploaded" or has_url
        assert (upload == "claimed") == (archived_by == "legacy")
    assert "claimed" in {row[1] for row in assets}
    assert {row[0] for row in rows_of(engine, "select asset_type from {schema}.assets")} <= TYPES
    assert len(rows_of(engine, AGREE)) == len(assets)
    ((expected, archived, claimed, failed, missing, held, wrong),) = rows_of(engine, COVERED)
    assert expected == held + failed + missing
    assert held >= archived + claimed > archived > 0
    assert wrong == 0


def assert_context(engine: Target) -> None:
    rows = rows_of(engine, CONTEXT)
    assert len(rows) == len(rows_of(engine, "select 1 from {schema}.assets"))
    for metadata, row_id, name, email, personality_type, line in rows:
        answer = json.loads(metadata) if isinstance(metadata, str) else metadata
        assert (answer["row_id"], answer["name"], answer["email"]) == (row_id, name, email)
        assert (answer["type"], answer["row_index"]) == (personality_type, line)
        assert {"url_as_found", "download", "discovered"} <= set(answer)
