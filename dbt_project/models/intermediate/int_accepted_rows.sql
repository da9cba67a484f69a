-- Contents that somebody accepted out of quarantine, and whose they are. What was said last of a content
-- holds: the highest attempt, of equal ones the undoing.

with said as (
    select
        row_texts.source,
        row_texts.content_key,
        events.row_id,
        events.event_type,
        row_number() over (
            partition by row_texts.source, row_texts.content_key
            order by
                events.attempt desc,
                case events.event_type when 'row_released' then 0 else 1 end,
                events.event_id
        ) as event_rank
    from {{ ref("int_events") }} as events
    inner join {{ ref("int_row_texts") }} as row_texts on events.row_key = row_texts.row_key
    where events.event_type in ('row_accepted', 'row_released')
)

select
    source,
    content_key,
    row_id,
    event_type = 'row_accepted' as is_accepted
from said
where event_rank = 1
