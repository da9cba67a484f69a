"""What the pages show, as the tables say it; what comes from outside is still as it was written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rowkeeper.catalogue.publish import RUNS, Record, reader
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.last_build import Warned, last_build

MOST = 2_000
"""Rows of a page that lists; the commands and the tables have all."""

PEOPLE = """
select people.row_id, people.name, people.email, people.personality_type, people.type_modality,
    people.type_functions, people.type_animals, people.type_number, people.in_sheet,
    people.last_seen_in, people.source_link, people.typing_document_link,
    coalesce(coverage.expected, 0) as expected, coalesce(coverage.archived, 0) as archived,
    coalesce(coverage.failed, 0) as failed, coalesce(coverage.missing, 0) as missing,
    coalesce(coverage.is_complete, false) as is_complete
from {schema}.people as people
left join {schema}.coverage as coverage on people.row_id = coverage.row_id
order by length(people.row_id), people.row_id
"""
HISTORY = """
select row_id, version, name, email, personality_type, source_link, first_seen_in,
    cast(valid_from as text) as valid_from
from {schema}.people_history order by row_id, version
"""
ASSETS = """
select assets.person_row_id as row_id, cast(assets.asset_id as text) as asset_id,
    assets.asset_type, assets.asset_kind, assets.media_id, assets.filename, assets.original_url,
    assets.download_status, assets.is_wanted, assets.file_size_bytes, assets.sha256,
    assets.mime_type, assets.local_file_path, assets.cloud_storage_url,
    cast(assets.created_at as text) as created_at,
    cast(assets.last_read_at as text) as last_read_at,
    cast(date_trunc('second', assets.downloaded_at) as text) as downloaded_at,
    cast(date_trunc('second', assets.uploaded_at) as text) as uploaded_at,
    assets.download_attempts, assets.upload_attempts, failures.error_code, failures.error_message,
    failures.attempts, failures.next_step, cast(failures.next_try_at as text) as next_try_at
from {schema}.assets as assets
left join {schema}.failures as failures on assets.asset_id = failures.asset_id
order by assets.person_row_id, assets.asset_type, assets.media_id, assets.asset_id
"""
FAILURES = """
select person_row_id as row_id, name, asset_type, provider, original_url, stage, error_code,
    error_message, verdict, next_step, attempts, cast(next_try_at as text) as next_try_at,
    cast(last_failed_at as text) as last_failed_at
from {schema}.failures order by last_failed_at desc nulls last, failure_key
"""
FATES = """
select fate, coalesce(reason, '') as reason, count(*) as links from {schema}.links
where is_current group by fate, coalesce(reason, '') order by fate, count(*) desc, 2
"""
SESSIONS = """
select activity, session_type, status, total_assets, completed_assets, failed_assets,
    cast(date_trunc('second', created_at) as text) as created_at,
    cast(date_trunc('second', completed_at) as text) as completed_at
from {schema}.download_sessions order by created_at desc, session_id limit {most}
"""
QUARANTINE = """
select source, file_id as file, line, row_id, name, reason from {schema}.quarantine
where needs_mending order by source, file_id, line, row_key limit {most}
"""
CLAIMS = """
select standing, claim, reason, row_id, name, legacy_file as file, line
from {schema}.unverified_claims order by row_id, claim_key limit {most}
"""
GROWTH = """
select cast(cast(first_read_at as date) as text) as day, count(*) as files,
    coalesce(sum(file_size_bytes), 0) as bytes
from {schema}.asset_versions group by 1 order by 1
"""
OUTCOMES = """
select cast(cast(updated_at as date) as text) as day, provider,
    count(case when download_status = 'failed' then 1 end) as failed,
    count(case when download_status in ('downloaded', 'uploaded') then 1 end) as held
from {schema}.assets where download_status != 'pending' group by 1, 2 order by 1 desc, 2
"""
BYTES = """
select asset_type, count(*) as assets, coalesce(sum(file_size_bytes), 0) as bytes
from {schema}.assets where sha256 is not null group by asset_type order by 3 desc, 1
"""
QUERIES = {
    "people": PEOPLE,
    "history": HISTORY,
    "assets": ASSETS,
    "failures": FAILURES,
    "fates": FATES,
    "sessions": SESSIONS,
    "quarantine": QUARANTINE,
    "claims": CLAIMS,
    "growth": GROWTH,
    "outcomes": OUTCOMES,
    "bytes": BYTES,
    "runs": RUNS,
}


@dataclass(frozen=True)
class SiteData:
    """Records by the names of the queries; ``warnings`` are of the last build. Sizes in bytes."""

    rows: dict[str, list[Record]]
    warnings: list[Warned]

    def by_person(self, name: str) -> dict[str, list[Record]]:
        """The records of a query by the row id of their person."""
        records: dict[str, list[Record]] = defaultdict(list)
        for record in self.rows[name]:
            records[record["row_id"]].append(record)
        return records


def read_site(context: Context) -> SiteData:
    """All that the pages show. Raises ``WarehouseError``."""
    schema = context.target.schema
    with reader(context) as warehouse:
        rows: dict[str, list[Record]] = {
            name: warehouse.records(dict, sql.format(schema=schema, most=MOST))
            for name, sql in QUERIES.items()
        }
        build = last_build(warehouse, schema)
    if not context.settings.site.emails:
        for name in ("people", "history"):
            for record in rows[name]:
                record["email"] = masked_email(record["email"])
    return SiteData(rows, build.warnings if build else [])


def masked_email(email: Any) -> str | None:
    """``a…@example.org``: enough to tell two people apart, too little to write to anybody."""
    if not email:
        return None
    before, _, host = str(email).rpartition("@")
    return f"{before.strip()[:1]}…@{host.strip('<> ')}" if before else "…"


def counted(records: Sequence[Record], *names: str) -> list[tuple[tuple[Any, ...], int]]:
    """How many records have the same values of ``names``, most first."""
    counts: dict[tuple[Any, ...], int] = defaultdict(int)
    for record in records:
        counts[tuple(record[name] for name in names)] += 1
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
