-- Everything that has come into raw: what dlt loaded and what the drains brought. The events of no drain, of
-- an earlier version, count by their number.

select load_id from {{ ref("stg_events__dlt_loads") }}
union all
select load_id from {{ ref("stg_events__event_loads") }}
union all
select 'events of no drain: ' || cast(count(*) as text) as load_id
from {{ ref("stg_events__asset_events") }}
where load_id = ''
