-- A session's totals are the sum of its assets' outcomes, each asset once, and no more than it took on; each
-- session of an event is there. What another run drained since the sessions were counted is the next build's.

with counted as (
    select unnest(string_to_array(load_ids, ',')) as load_id from {{ ref("int_session_totals") }}
),

events as (
    select
        *,
        event_type in {{ outcome_events() }} as is_outcome
    from {{ ref("stg_events__asset_events") }}
    where
        event_type not in {{ events_of_no_session() }}
        and (load_id = '' or load_id in (select counted.load_id from counted))
),

told as (
    select
        session_id,
        count(distinct case when is_outcome then asset_id end) as outcomes
    from events
    group by session_id
)

select
    'a session''s totals are its outcomes' as invariant,
    coalesce(cast(sessions.session_id as text), told.session_id) as found_in,
    sessions.total_assets,
    sessions.completed_assets,
    sessions.failed_assets,
    told.outcomes
from {{ ref("download_sessions") }} as sessions
full outer join told on cast(sessions.session_id as text) = told.session_id
where
    sessions.session_id is null
    or told.session_id is null
    or sessions.completed_assets + sessions.failed_assets != told.outcomes
    or sessions.total_assets < told.outcomes
