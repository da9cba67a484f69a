"""What the tables know of media that several assets have, asked once for a batch by its keys."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from downloaders.base import Request

ASKED = """(
    select unnest(cast(? as text[])) as asset_id, unnest(cast(? as text[])) as provider,
        unnest(cast(? as text[])) as media_id, unnest(cast(? as text[])) as asset_kind,
        unnest(cast(? as boolean[])) as is_reread
)"""
"""The requests of a batch: the tables are asked once for all of them, by their keys."""
HELD_FILES = """
select pending.asset_id,
    coalesce(min(case when held.local_path is not null then held.asset_id end), min(held.asset_id))
from {asked} as pending
inner join intermediate.int_assets as held
    on pending.provider = held.provider and pending.media_id = held.media_id
        and pending.asset_kind = held.asset_type and pending.asset_id != held.asset_id
left join intermediate.int_asset_readings as readings on held.asset_id = readings.asset_id
where held.download_status = 'completed'
    and (held.local_path is not null or held.archived_by = 'rowkeeper')
    and (readings.session_id = ? or not held.may_change or not pending.is_reread)
group by pending.asset_id
"""
FAILURES = """
select pending.asset_id, failed.asset_id, failed.error_code, failed.error_message, failed.verdict,
    failed.details
from {asked} as pending
inner join raw.asset_events as failed
    on pending.provider = failed.provider and pending.media_id = failed.media_id
        and pending.asset_kind = failed.asset_kind and pending.asset_id != failed.asset_id
where failed.event_type = 'download_failed' and failed.session_id = ?
order by pending.asset_id, failed.event_id
"""
FILES = """
select asset_id, local_path, filename, mime_type, size_bytes, sha256, download_details,
    store, object_key, reading_details
from intermediate.int_assets where asset_id = any(?)
"""
ATTEMPTS = (
    "select asset_id, upload_attempts + 1 from intermediate.int_assets where asset_id = any(?)"
)
TOLD = """
with versions as (
    select versions.asset_id, versions.first_attempt, versions.last_attempt
    from intermediate.int_asset_versions as versions
    inner join intermediate.int_assets as held
        on versions.asset_id = held.asset_id and versions.sha256 = held.sha256
    where versions.asset_id = any(?)
)
select versions.asset_id as told_of, events.event_id, events.event_type, events.provider,
    events.media_id, events.asset_kind, events.original_url, events.details
from versions
inner join staging.stg_asset_events as events on versions.asset_id = events.parent_asset_id
inner join intermediate.int_list_entries as entries
    on events.asset_id = entries.asset_id and events.parent_asset_id = entries.parent_asset_id
where events.event_type = 'discovered' and entries.left_at is null
    and coalesce(events.listing_attempt, 0) = entries.seen_attempt
union all
select versions.asset_id, events.event_id, events.event_type, events.provider, events.media_id,
    events.asset_kind, events.original_url, events.details
from versions
inner join staging.stg_asset_events as events on versions.asset_id = events.asset_id
where events.event_type = 'document_read'
    and events.attempt between versions.first_attempt and versions.last_attempt
order by 1, 2
"""
HELD_OBJECTS = """
select pending.asset_id, min(held.object_key)
from {schema}.pending_uploads as pending
inner join intermediate.int_asset_versions as held on pending.sha256 = held.sha256
where held.is_archived and held.store = ?
    and cast(pending.asset_id as text) = any(?)
group by pending.asset_id
"""


def keys_of(requests: "Sequence[Request]") -> list[list[Any]]:
    """The parameters of ``ASKED``."""
    return [
        [request.asset_id for request in requests],
        [request.provider for request in requests],
        [request.media_id for request in requests],
        [request.asset_kind for request in requests],
        [request.standing is not None for request in requests],
    ]
