-- The upload event that holds for each asset. An upload counts only for the bytes of the download
-- that holds, so another download makes the asset wait for an upload again; so does a request, and a
-- check that finds the object lost.

with uploads as (
    select
        *,
        max(attempt) over (partition by asset_id) as attempts
    from {{ ref("int_events") }}
    where event_type in ('uploaded', 'upload_failed', 'upload_requested') and asset_id is not null
),

ranked as (
    select
        uploads.*,
        row_number() over (
            partition by uploads.asset_id
            order by
                uploads.attempt desc,
                case uploads.event_type when 'uploaded' then 0 when 'upload_requested' then 1 else 2 end,
                uploads.event_id
        ) as event_rank
    from uploads
    inner join {{ ref("int_asset_downloads") }} as downloads on uploads.asset_id = downloads.asset_id
    where
        uploads.sha256 = downloads.sha256
        or (uploads.event_type in ('upload_failed', 'upload_requested') and uploads.sha256 is null)
),

latest_attempt as (
    select
        asset_id,
        max(attempts) as attempts,
        max(case when event_type = 'uploaded' and sha256 = held_sha256 then attempt end) as uploaded_attempt
    from (
        select
            uploads.*,
            downloads.sha256 as held_sha256
        from uploads
        left join {{ ref("int_asset_downloads") }} as downloads on uploads.asset_id = downloads.asset_id
    ) as known
    group by asset_id
)

select
    latest_attempt.asset_id,
    case
        when ranked.event_type = 'uploaded' and checks.is_lost then 'pending'
        when ranked.event_type = 'uploaded' then 'completed'
        when ranked.event_type = 'upload_failed' then 'failed'
        else 'pending'
    end as upload_status,
    latest_attempt.attempts,
    ranked.attempt,
    places.store,
    places.bucket,
    places.object_key,
    places.cloud_url,
    ranked.verdict,
    ranked.error_code,
    ranked.error_message,
    ranked.event_id,
    ranked.occurred_at,
    coalesce(checks.is_lost, false) as is_object_lost
from latest_attempt
left join ranked on latest_attempt.asset_id = ranked.asset_id and ranked.event_rank = 1
left join {{ ref("int_object_places") }} as places on ranked.event_id = places.event_id
left join {{ ref("int_asset_checks") }} as checks
    on latest_attempt.asset_id = checks.asset_id
    and latest_attempt.uploaded_attempt = checks.attempt
    and checks.place = 'object'
