-- The download event that holds for each asset: the highest attempt, a success before a failure.

with ranked as (
    select
        *,
        max(attempt) over (partition by asset_id) as attempts,
        row_number() over (
            partition by asset_id
            order by
                attempt desc,
                case when event_type = 'downloaded' then 0 else 1 end,
                event_id
        ) as event_rank
    from {{ ref("stg_asset_events") }}
    where event_type in ('downloaded', 'download_failed') and asset_id is not null
)

select
    asset_id,
    case when event_type = 'downloaded' then 'completed' else 'failed' end as download_status,
    attempts,
    local_path,
    filename,
    mime_type,
    size_bytes,
    sha256,
    verdict,
    error_code,
    error_message,
    details,
    event_id,
    session_id,
    occurred_at
from ranked
where event_rank = 1
