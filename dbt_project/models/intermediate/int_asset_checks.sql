-- The check that holds for each copy that an asset has had: a file by the attempt of its download, an object
-- by that of its upload. The highest number holds; of equal ones the worse.

with checks as (
    select
        *,
        case when event_type in ('file_verified', 'file_lost') then 'file' else 'object' end as place,
        event_type in ('file_lost', 'object_lost') as is_lost
    from {{ ref("int_events") }}
    where
        event_type in ('file_verified', 'file_lost', 'object_verified', 'object_lost')
        and asset_id is not null
),

ranked as (
    select
        *,
        row_number() over (
            partition by asset_id, place, attempt
            order by check_number desc nulls last, case when is_lost then 0 else 1 end, event_id
        ) as check_rank
    from checks
)

select
    asset_id,
    place,
    attempt,
    coalesce(check_number, 0) as checks,
    is_lost,
    case when is_lost then error_code end as error_code,
    case when is_lost then error_message end as error_message,
    {{ told_at("ranked") }} as checked_at
from ranked
where check_rank = 1
