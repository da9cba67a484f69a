-- The check that holds for each asset's file and for its object: that of the highest attempt, then of the
-- highest number; of equal ones the worse.

with checks as (
    select
        *,
        case when event_type in ('file_verified', 'file_lost') then 'file' else 'object' end as place,
        event_type in ('file_lost', 'object_lost') as is_lost
    from {{ ref("stg_asset_events") }}
    where
        event_type in ('file_verified', 'file_lost', 'object_verified', 'object_lost')
        and asset_id is not null
),

ranked as (
    select
        *,
        max(check_number) over (partition by asset_id, place) as checks,
        row_number() over (
            partition by asset_id, place
            order by attempt desc, check_number desc, case when is_lost then 0 else 1 end, event_id
        ) as check_rank
    from checks
)

select
    asset_id,
    max(case when place = 'file' then attempt end) as file_attempt,
    coalesce(max(case when place = 'file' then checks end), 0) as file_checks,
    coalesce(max(case when place = 'file' and is_lost then 1 end), 0) = 1 as is_file_lost,
    max(case when place = 'file' then error_code end) as file_error_code,
    max(case when place = 'file' then error_message end) as file_error_message,
    max(case when place = 'file' then occurred_at end) as file_checked_at,
    max(case when place = 'object' then attempt end) as object_attempt,
    coalesce(max(case when place = 'object' then checks end), 0) as object_checks,
    coalesce(max(case when place = 'object' and is_lost then 1 end), 0) = 1 as is_object_lost,
    max(case when place = 'object' then error_code end) as object_error_code,
    max(case when place = 'object' then error_message end) as object_error_message,
    max(case when place = 'object' then occurred_at end) as object_checked_at
from ranked
where check_rank = 1
group by asset_id
