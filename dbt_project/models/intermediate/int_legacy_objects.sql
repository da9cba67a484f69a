-- What was last found of each object that the old system claims, where somebody looked for it: the
-- highest attempt holds, of equal ones the worse. Its bytes were not read.

with ranked as (
    select
        *,
        row_number() over (
            partition by asset_id, object_key
            order by
                attempt desc,
                case event_type when 'object_refuted' then 0 else 1 end,
                event_id
        ) as event_rank
    from {{ ref("stg_asset_events") }}
    where event_type in ('object_found', 'object_refuted') and asset_id is not null
)

select
    asset_id,
    object_key,
    attempt,
    event_type = 'object_refuted' as is_refuted,
    error_message,
    store,
    bucket,
    cloud_url,
    event_id,
    occurred_at
from ranked
where event_rank = 1
