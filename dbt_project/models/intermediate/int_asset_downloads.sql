-- The download event that holds for each asset: the highest attempt, a success before a failure. A
-- request to try again stands above the failures up to its attempt.

with ranked as (
    select
        *,
        max(attempt) over (partition by asset_id) as attempts,
        max(case when event_type = 'download_requested' then attempt else 0 end)
            over (partition by asset_id) as requested_attempt,
        row_number() over (
            partition by asset_id
            order by
                attempt desc,
                case event_type when 'downloaded' then 0 when 'download_requested' then 1 else 2 end,
                event_id
        ) as event_rank
    from {{ ref("stg_asset_events") }}
    where
        event_type in ('downloaded', 'download_failed', 'download_requested')
        and asset_id is not null
)

select
    asset_id,
    case event_type
        when 'downloaded' then 'completed' when 'download_requested' then 'pending' else 'failed'
    end as download_status,
    attempts,
    attempts - requested_attempt as tries,
    local_path,
    filename,
    mime_type,
    size_bytes,
    sha256,
    verdict,
    error_code,
    error_message,
    details,
    next_try_at,
    data_folder,
    event_id,
    session_id,
    occurred_at
from ranked
where event_rank = 1
