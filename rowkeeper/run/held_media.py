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
    coalesce(
        min(case when held.local_path is not null then held.asset_id end), min(held.asset_id)
    ) as held_by
from {asked} as pending
inner join {state}.asset_states as held
    on pending.provider = held.provider and pending.media_id = held.media_id
        and pending.asset_kind = held.asset_kind and pending.asset_id != held.asset_id
where held.download_status = 'completed'
    and (held.local_path is not null or held.archived_by = 'rowkeeper')
    and (held.read_in_session = ? or not held.may_change or not pending.is_reread)
group by pending.asset_id
"""
FAILURES = """
select pending.asset_id, failed.asset_id as same_medium_as, failed.error_code,
    failed.error_message, failed.verdict, failed.details
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
from {state}.asset_states where asset_id = any(?)
"""
ATTEMPTS = """
select asset_id, upload_attempts + 1 as attempt from {state}.asset_states where asset_id = any(?)
"""
TOLD = """
select told_of, event_type, provider, media_id, asset_kind, original_url, details
from {state}.held_findings where told_of = any(?) order by told_of, event_id
"""
HELD_OBJECTS = """
select pending.asset_id, min(held.object_key) as object_key
from {state}.pending_uploads as pending
inner join {state}.asset_copies as held on pending.sha256 = held.sha256
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
