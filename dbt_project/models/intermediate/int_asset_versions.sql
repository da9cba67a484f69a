-- The contents that each asset has had, each once: where its file and its object are, and what the last check
-- found of them. They are numbered in the order in which readings first found them; a content that comes back
-- keeps its number.

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
        ) as first_rank,
        attempt < max(attempt) over (
            partition by asset_id, local_path, coalesce(data_folder, '')
        ) as is_replaced -- another content has its path since
    from {{ ref("int_events") }} as events
    where event_type = 'downloaded' and asset_id is not null and sha256 is not null
),

uploads as (
    select
        *,
        row_number() over (
            partition by asset_id, sha256
            order by attempt desc, event_id
        ) as newest_rank
    from {{ ref("int_events") }}
    where event_type = 'uploaded' and asset_id is not null
),

dropped as (
    {{ dropped_files(ref("int_events")) }}
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
    case
        when not newest.is_replaced and dropped.asset_id is null and not coalesce(files.is_lost, false)
            then newest.local_path
    end as local_path,
    case
        when not newest.is_replaced and dropped.asset_id is null and files.is_lost then newest.local_path
    end as lost_path,
    case when newest.is_replaced or dropped.asset_id is not null then newest.local_path end as dropped_path,
    coalesce(newest.is_temporary, false) as is_temporary,
    coalesce(newest.is_provisional, false) as is_provisional,
    uploads.attempt as object_attempt,
    places.store,
    places.object_key,
    places.cloud_url,
    places.object_key is not null and not coalesce(objects.is_lost, false) as is_archived,
    coalesce(files.checks, 0) as file_checks,
    files.checked_at as file_checked_at,
    files.error_code as file_error_code,
    files.error_message as file_error_message,
    coalesce(objects.checks, 0) as object_checks,
    objects.checked_at as object_checked_at,
    objects.error_code as object_error_code,
    objects.error_message as object_error_message,
    earliest.read_at as first_read_at,
    newest.read_at as last_downloaded_at
from downloads as newest
inner join downloads as earliest
    on newest.asset_id = earliest.asset_id and newest.sha256 = earliest.sha256 and earliest.first_rank = 1
left join uploads
    on newest.asset_id = uploads.asset_id and newest.sha256 = uploads.sha256 and uploads.newest_rank = 1
left join {{ ref("int_object_places") }} as places on uploads.event_id = places.event_id
left join dropped on {{ is_same_file("newest", "dropped") }}
left join {{ ref("int_asset_checks") }} as files
    on newest.asset_id = files.asset_id and newest.attempt = files.attempt and files.place = 'file'
left join {{ ref("int_asset_checks") }} as objects
    on uploads.asset_id = objects.asset_id and uploads.attempt = objects.attempt and objects.place = 'object'
where newest.newest_rank = 1
