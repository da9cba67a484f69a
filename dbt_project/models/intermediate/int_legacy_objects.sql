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
    from {{ ref("int_events") }}
    where event_type in ('object_found', 'object_refuted') and asset_id is not null
)

select
    ranked.asset_id,
    ranked.object_key,
    ranked.attempt,
    ranked.event_type = 'object_refuted' as is_refuted,
    ranked.error_message,
    places.store,
    places.bucket,
    places.cloud_url,
    ranked.event_id,
    ranked.occurred_at
from ranked
left join {{ ref("int_object_places") }} as places on ranked.event_id = places.event_id
where ranked.event_rank = 1
