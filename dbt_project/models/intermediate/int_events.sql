-- The events that can still count, with all that were drained since the last build. What was compacted of
-- drains that raw no longer has, for it was filled anew, counts as not there.

{% set columns = columns_of(ref("stg_events__asset_events")) -%}
select {{ columns }} from {{ ref("int_events_compacted") }}
where load_id in (select loads.load_id from {{ ref("stg_events__event_loads") }} as loads)
union all
select {{ columns }} from ({{ events_since(ref("int_events_compacted")) }}) as since
