-- The contents that each asset has had, each once: where its file and its object are. They are numbered in
-- the order in which readings first found them; a content that comes back keeps its number.

with downloads as (
    select
        *,
        {{ told_at("events") }} as read_at,
        row_number() over (
            partition by asset_id, sha256
            order by attempt desc, event_id
        ) as newest_rank,
        row_number() over (
            partition by asset_id, sha256
            order by attempt, event_id
        ) as first_rank
    from {{ ref("stg_asset_events") }} as events
    where event_type = 'downloaded' and asset_id is not null and sha256 is not null
),

uploads as (
    select
        *,
        row_number() over (
            partition by asset_id, sha256
            order by attempt desc, event_id
        ) as newest_rank
    from {{ ref("stg_asset_events") }}
    where event_type = 'uploaded' and asset_id is not null
),

dropped as (
    select distinct
        asset_id,
        attempt,
        local_path,
        coalesce(data_folder, '') as data_folder
    from {{ ref("stg_asset_events") }}
    where event_type = 'file_dropped'
)

select
    newest.asset_id,
    newest.sha256,
    row_number() over (
        partition by newest.asset_id
        order by earliest.attempt, earliest.event_id
    ) as version,
    earliest.attempt as first_attempt,
    newest.attempt as last_attempt,
    newest.filename,
    newest.mime_type,
    newest.size_bytes,
    newest.details,
    newest.data_folder,
    case when dropped.asset_id is null then newest.local_path end as local_path,
    coalesce(newest.is_provisional, false) as is_provisional,
    places.store,
    places.object_key,
    places.cloud_url,
    earliest.read_at as first_read_at,
    newest.read_at as last_downloaded_at
from downloads as newest
inner join downloads as earliest
    on newest.asset_id = earliest.asset_id and newest.sha256 = earliest.sha256 and earliest.first_rank = 1
left join uploads
    on newest.asset_id = uploads.asset_id and newest.sha256 = uploads.sha256 and uploads.newest_rank = 1
left join {{ ref("int_object_places") }} as places on uploads.event_id = places.event_id
left join dropped
    on newest.asset_id = dropped.asset_id
    and newest.attempt = dropped.attempt
    and newest.local_path = dropped.local_path
    and coalesce(newest.data_folder, '') = dropped.data_folder
where newest.newest_rank = 1
