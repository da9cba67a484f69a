-- What the readings of each asset came to: the last that succeeded, and a failed one after it. A reading is
-- a download, or a look that found the source unchanged; attempts order them. Ages are told by the earlier
-- of two clocks, so that a worker's that is ahead keeps nothing from being read.

with readings as (
    select
        *,
        event_type != 'reread_failed' as is_read,
        {{ told_at("events") }} as read_at,
        coalesce(is_provisional, false) or not coalesce(is_whole, true) as is_unfinished
    from {{ ref("int_events") }} as events
    where
        event_type in ('downloaded', 'reread_unchanged', 'reread_failed')
        and asset_id is not null
        and cast(details as json) ->> 'restored_from' is null -- a file that came back is no reading
),

ranked as (
    select
        *,
        row_number() over (
            partition by asset_id, is_read
            order by attempt desc, case event_type when 'downloaded' then 0 else 1 end, event_id
        ) as reading_rank,
        max(case when is_read and not is_unfinished then attempt end)
            over (partition by asset_id) as finished_attempt
    from readings
),

failed as (
    select * from ranked
    where not is_read and reading_rank = 1
)

select
    held.asset_id,
    coalesce(held.finished_attempt, 0) as finished_attempt,
    held.attempt as read_attempt,
    held.session_id,
    held.read_at as last_read_at,
    held.details,
    held.is_whole,
    held.listed_entries,
    held.stated_entries,
    held.hidden_entries,
    held.left_out_entries,
    held.incomplete_because,
    coalesce(held.is_provisional, false) as is_provisional,
    {{ next_try_at("held") }} as next_try_at,
    case when failed.attempt is null then held.told_faults else failed.told_faults end as told_faults,
    failed.attempt as failed_attempt,
    failed.read_at as last_failed_at,
    failed.error_code,
    failed.error_message,
    failed.verdict,
    failed.details as failed_details,
    {{ next_try_at("failed") }} as failed_next_try_at
from ranked as held
left join failed on held.asset_id = failed.asset_id and held.attempt < failed.attempt
where held.is_read and held.reading_rank = 1
