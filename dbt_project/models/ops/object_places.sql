-- Each event that names an object, with the place that its store has now.

select
    places.event_id,
    places.event_type,
    places.asset_id,
    events.row_id,
    events.sha256,
    events.size_bytes,
    places.store,
    places.object_key,
    places.moved_from
from {{ ref("int_object_places") }} as places
inner join {{ ref("int_events") }} as events on places.event_id = events.event_id
