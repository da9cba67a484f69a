-- Which store each name means now: one that was moved is known by its names of before. The highest number
-- holds, for each move names the one before by it.

with ranked as (
    select
        was_store as name,
        store,
        bucket,
        object_key as key_prefix,
        cloud_url as url,
        was_prefix,
        attempt as number,
        row_number() over (partition by was_store order by attempt desc, event_id) as move_rank
    from {{ ref("int_events") }}
    where event_type = 'store_moved'
)

select
    name,
    store,
    bucket,
    key_prefix,
    url,
    was_prefix,
    number
from ranked
where move_rank = 1
