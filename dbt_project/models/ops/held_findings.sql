{{ also_as_built() -}}
-- What the held content of each list and document led to: the events that a copy of it tells again.

with held as (
    select
        versions.asset_id,
        versions.first_attempt,
        versions.last_attempt
    from {{ ref("int_asset_versions") }} as versions
    inner join {{ ref("int_assets") }} as assets
        on versions.asset_id = assets.asset_id and versions.sha256 = assets.sha256
)

select
    held.asset_id as told_of,
    events.event_id,
    events.event_type,
    events.provider,
    events.media_id,
    events.asset_kind,
    events.original_url,
    events.details
from held
inner join {{ ref("int_events") }} as events on held.asset_id = events.parent_asset_id
inner join {{ ref("int_list_entries") }} as entries
    on events.asset_id = entries.asset_id and events.parent_asset_id = entries.parent_asset_id
where
    events.event_type = 'discovered'
    and entries.left_at is null
    and coalesce(events.listing_attempt, 0) = entries.seen_attempt

union all

select
    held.asset_id as told_of,
    events.event_id,
    events.event_type,
    events.provider,
    events.media_id,
    events.asset_kind,
    events.original_url,
    events.details
from held
inner join {{ ref("int_events") }} as events on held.asset_id = events.asset_id
where
    events.event_type = 'document_read'
    and events.attempt between held.first_attempt and held.last_attempt
