-- Where each event that names an object says that it is, under the name and the address that its store
-- has now.

select
    events.event_id,
    events.event_type,
    events.asset_id,
    coalesce(stores.store, events.store) as store,
    case when stores.name is null then events.bucket else stores.bucket end as bucket,
    {{ key_now("events.object_key") }} as object_key,
    {{ key_now("events.moved_from") }} as moved_from,
    case
        when stores.name is null then events.cloud_url
        else stores.url || substr(events.cloud_url, length(coalesce(events.store_url, events.store)) + 1)
    end as cloud_url
from {{ ref("int_events") }} as events
left join {{ ref("int_stores") }} as stores on events.store = stores.name
where events.object_key is not null and events.event_type != 'store_moved'
