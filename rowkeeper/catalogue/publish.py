"""The catalogue as readers see it: on DuckDB a published copy, on Postgres the server itself."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rowkeeper.catalogue.kinds import BY_KIND, with_kinds
from rowkeeper.core.disk.own import new_file, standing_file
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.writing import finish
from rowkeeper.core.errors import BusyError, DiskError, WarehouseError
from rowkeeper.core.warehouse import Target, Warehouse, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock

Record = dict[str, Any]

ASSETS = """
select
    assets.asset_type,
    count(*) as assets,
    count(case when assets.upload_status in {archived} then 1 end) as archived,
    count(case when assets.archived_by = 'legacy' then 1 end) as unchecked,
    count(uploads.asset_id) as to_upload,
    count(downloads.asset_id) as to_download,
    count(case when assets.download_status = 'failed' or assets.upload_status = 'failed' then 1 end)
        as failed,
    count(case when {known_earlier} and not assets.is_wanted and assets.download_status = 'pending'
        then 1 end) as known_earlier,
    count(case when assets.download_status = 'pending' and not assets.is_wanted
        and not {known_earlier} then 1 end) as not_wanted
from {schema}.assets as assets
left join {state}.pending_downloads as downloads on assets.asset_id = downloads.asset_id
left join {state}.pending_uploads as uploads on assets.asset_id = uploads.asset_id
group by assets.asset_type order by assets.asset_type
"""
PEOPLE = """
select
    people.row_id,
    people.name,
    people.email,
    people.personality_type,
    count(assets.asset_id) as assets,
    count(case when assets.upload_status in {archived} then 1 end) as archived,
    count(case when assets.download_status = 'failed' or assets.upload_status = 'failed'
        then 1 end) as failed
from {schema}.people as people
left join {schema}.assets as assets on people.row_id = assets.person_row_id
group by people.row_id, people.name, people.email, people.personality_type
order by length(people.row_id), people.row_id
"""
FAILURES = """
select person_row_id as row_id, name, asset_id, asset_type, original_url, stage, error_code,
    error_message, verdict, next_step, attempts
from {schema}.failures where asset_id is not null order by asset_id
"""
UNSUPPORTED = """
select links.row_id, people.name, links.column_name, links.url, links.reason
from {schema}.links as links
inner join {schema}.people as people on links.row_id = people.row_id
where links.fate = 'unsupported' and links.is_current
order by length(links.row_id), links.row_id, links.link_key
"""
PROOF = """
select
    cast(coalesce(sum(incomplete_lists), 0) as bigint) as incomplete_lists,
    cast(coalesce(sum(provisional), 0) as bigint) as provisional,
    count(case when is_complete and expected > 0 then 1 end) as complete_people
from {schema}.coverage
"""
INCOMPLETE_LISTS = """
select listings.person_row_id as row_id, people.name, listings.asset_type, listings.original_url,
    listings.completeness, listings.stated_entries, listings.listed_entries,
    listings.incomplete_because
from {schema}.listings
inner join {schema}.people as people on listings.person_row_id = people.row_id
where listings.completeness != 'complete' and listings.left_at is null
order by length(listings.person_row_id), listings.person_row_id, listings.asset_id
"""
SESSIONS = """
select session_id, session_type, {activity} as activity, status,
    total_assets, completed_assets, failed_assets,
    cast(date_trunc('second', created_at) as text) as created_at,
    cast(date_trunc('second', completed_at) as text) as completed_at
from {schema}.download_sessions order by created_at desc, session_id limit 10
"""
RUNS = """
select run_id, command, cast(date_trunc('second', started_at) as text) as started_at,
    cast(date_trunc('second', ended_at) as text) as ended_at, outcome, exit_code, message,
    next_step, target, rowkeeper_version, sheet_source, rows_loaded, downloaded_assets,
    failed_downloads, uploaded_assets, failed_uploads
from {schema}.runs as runs where kind = 'run'
order by runs.started_at desc, run_id limit 10
"""
QUARANTINE = """
select source, reason, count(*) as rows, count(case when {mending} then 1 end) as to_mend
from {schema}.quarantine group by source, reason order by source, reason
"""
NOTICES = "select source, file, notice from {schema}.notices order by source, file, notice"
QUERIES = {
    "people": PEOPLE,
    "assets": ASSETS,
    "failures": FAILURES,
    "unsupported_links": UNSUPPORTED,
    "proof": PROOF,
    "incomplete_lists": INCOMPLETE_LISTS,
    "sessions": SESSIONS,
    "runs": RUNS,
    "quarantine": QUARANTINE,
    "notices": NOTICES,
}
NEEDS = {
    "unsupported_links": "links",
    "proof": "listings",
    "incomplete_lists": "listings",
    "notices": "notices",
    "runs": "runs",
}
"""What an earlier version's catalogue has not, by the table that it lacks."""


@dataclass(frozen=True)
class Catalog:
    """What the marts say. Each list holds one record a row, keyed by column; a person's has what
    :func:`with_kinds` adds, too.

    ``proof`` has one record: how many lists are not known to be complete, how many media are
    provisional, and of how many people all is archived and proved.
    """

    people: list[Record]
    assets: list[Record]
    failures: list[Record]
    unsupported_links: list[Record]
    proof: list[Record]
    incomplete_lists: list[Record]
    sessions: list[Record]
    runs: list[Record]
    quarantine: list[Record]
    notices: list[Record]


def published_path(target: Target) -> Path:
    """Where readers find a DuckDB catalogue. Its file name is that of the live one: dbt's views
    name the database by it."""
    live = Path(str(target.path))
    return live.parent / "published" / live.name


def publish(context: Context) -> None:
    """Give readers a copy of the DuckDB file as it is now; nothing to do on Postgres."""
    target = context.target
    if target.type != "duckdb":
        return
    path = published_path(target)
    make_folder(path.parent)
    part = path.with_name(path.name + ".part")
    try:
        with connect(target) as warehouse:  # until the end, so that nobody writes meanwhile
            warehouse.execute("checkpoint")
            new_file(part).close()
            shutil.copyfile(str(target.path), part)
            size = Path(str(target.path)).stat().st_size
        with standing_file(part) as file:
            finish(file, size)
        with suppress(OSError):  # some disks set no times: there each reader publishes anew
            os.utime(part, ns=(written := Path(str(target.path)).stat().st_mtime_ns, written))
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def publish_what_is_newer(context: Context) -> None:
    """What dbt or dlt have built by themselves is published by its first reader.

    While a run is at work readers have the copy that they had; it publishes at its end.
    """
    live, copy = Path(str(context.target.path)), published_path(context.target)
    if not live.is_file():
        return
    if copy.is_file() and copy.stat().st_mtime_ns == live.stat().st_mtime_ns:
        return  # a copy has the time of what it was copied from, whatever the clock says now
    with suppress(BusyError, WarehouseError, DiskError, OSError), run_lock(context):
        publish(context)


@contextmanager
def reader(context: Context) -> Iterator[Warehouse]:
    """The catalogue for readers. Raises ``WarehouseError`` if there is none yet."""
    target = context.target
    if target.type == "duckdb":
        publish_what_is_newer(context)
        path = published_path(target)
        if not path.is_file():
            raise _nothing_yet(target)
        target = replace(target, path=str(path))
    with connect(target, read_only=True) as warehouse:
        if not _is_built(warehouse, target.schema):
            raise _nothing_yet(target)
        yield warehouse


def read_catalog(context: Context) -> Catalog:
    """All of it. Raises as :func:`reader`."""
    schema = context.target.schema
    with reader(context) as warehouse:
        words, there = _words(warehouse, schema), warehouse.tables(schema)
        records: dict[str, list[Record]] = {
            name: warehouse.records(dict, sql.format(schema=schema, state="{state}", **words))
            for name, sql in QUERIES.items()
            if name not in NEEDS or NEEDS[name] in there
        }
        alike: list[Record] = warehouse.records(dict, BY_KIND.format(schema=schema, **words))
        records["people"] = with_kinds(records["people"], alike)
    return Catalog(**{name: [] for name in NEEDS} | records)


def _is_built(warehouse: Warehouse, schema: str) -> bool:
    return "person_content" in warehouse.tables(schema)


def _words(warehouse: Warehouse, schema: str) -> dict[str, str]:
    """What the tables call a few things; until the next build an earlier version's words."""
    names, _ = warehouse.select(f"select * from {schema}.assets limit 0")
    known_earlier = "assets.is_known_earlier" if "is_known_earlier" in names else "false"
    kind = "asset_kind" if "asset_kind" in names else "asset_type"
    names, _ = warehouse.select(f"select * from {schema}.quarantine limit 0")
    mending = "needs_mending" if "needs_mending" in names else "reason != 'header row'"
    names, _ = warehouse.select(f"select * from {schema}.download_sessions limit 0")
    is_new = "activity" in names
    return {
        "activity": "activity" if is_new else "session_type",
        "archived": "('uploaded')" if is_new else "('completed')",
        "kind": kind,
        "known_earlier": known_earlier,
        "mending": mending,
    }


def _nothing_yet(target: Target) -> WarehouseError:
    return WarehouseError(
        f"There is no catalogue in {target.where} yet: run rowkeeper run --target {target.name}."
    )
