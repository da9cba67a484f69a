-- depends_on: {{ ref("stg_events__event_loads") }}
-- One row a session. An asset counts once: as failed if its download, its upload or a check of it did.
-- Its total is what it says of itself at its end, with later pages and what others shared; a killed one
-- said only how it began. Whatever it told of is among it in any case. A run's build counts those sessions
-- anew that were told of since, and those whose discoveries another one made before them.

with discoveries as (
    select
        session_id,
        load_id,
        asset_id,
        coalesce(parent_asset_id, '') as parent_asset_id,
        coalesce(listing_attempt, 0) as listing_attempt,
        min(coalesce(listing_attempt, 0)) over (partition by parent_asset_id, asset_id) as first_listing
    from {{ ref("int_events") }}
    where event_type = 'discovered'
),

{% if adds() %}
counted as (
    select unnest(string_to_array(load_ids, ',')) as load_id from {{ this }}
),

since as (
    select load_id from {{ ref("stg_events__event_loads") }}
    where load_id not in (select counted.load_id from counted)
    union all
    select '' as load_id
),

rediscovered as (
    select
        asset_id,
        parent_asset_id
    from discoveries
    where load_id in (select since.load_id from since)
),

touched as (
    select session_id from {{ ref("stg_events__asset_events") }}
    where load_id in (select since.load_id from since)
    union
    select discoveries.session_id from discoveries
    inner join rediscovered
        on
        discoveries.asset_id = rediscovered.asset_id
        and discoveries.parent_asset_id = rediscovered.parent_asset_id
),

{% endif %}
told as (
    select * from {{ ref("stg_events__asset_events") }}
    where
        event_type not in {{ events_of_no_session() }}
        {%- if adds() %}
        and session_id in (select touched.session_id from touched)
        {%- endif %}
),

events as (
    select
        told.*,
        discoveries.asset_id is not null as is_first_listing
    from told
    left join (
        select distinct
            asset_id,
            parent_asset_id,
            first_listing
        from discoveries
    ) as discoveries
        on
        told.event_type = 'discovered'
        and told.asset_id = discoveries.asset_id
        and coalesce(told.parent_asset_id, '') = discoveries.parent_asset_id
        and coalesce(told.listing_attempt, 0) = discoveries.first_listing
),

outcomes as (
    select
        session_id,
        asset_id,
        event_type in (
            'download_failed', 'reread_failed', 'upload_failed', 'file_lost', 'object_lost', 'object_refuted'
        ) as is_failure,
        row_number() over (
            partition by
                session_id,
                asset_id,
                case
                    when
                        event_type in ('downloaded', 'download_failed', 'reread_unchanged', 'reread_failed')
                        then 'download'
                    when event_type in ('file_verified', 'file_lost', 'file_dropped') then 'file'
                    when event_type in ('object_verified', 'object_lost') then 'object'
                    when event_type in ('object_found', 'object_refuted') then 'old object'
                    else 'upload'
                end,
                case -- of each version
                    when event_type in ('file_verified', 'file_lost', 'object_verified', 'object_lost')
                        then cast(attempt as text)
                    when event_type in ('uploaded', 'upload_failed') then sha256
                end
            order by
                attempt desc,
                case
                    when
                        event_type in (
                            'downloaded', 'reread_unchanged', 'uploaded', 'file_lost', 'object_lost'
                        )
                        then 0
                    when event_type = 'object_refuted' then 0
                    else 1
                end,
                event_id
        ) as outcome_rank
    from events
    where
        event_type in {{ outcome_events() }}
        and asset_id is not null
),

assets as (
    select
        session_id,
        asset_id,
        max(case when is_failure then 1 else 0 end) as failed
    from outcomes
    where outcome_rank = 1
    group by session_id, asset_id
),

tallies as (
    select
        session_id,
        count(*) - sum(failed) as completed_assets,
        sum(failed) as failed_assets
    from assets
    group by session_id
),

sessions as (
    select
        session_id,
        min(session_type) as session_type,
        greatest(
            coalesce(
                max(
                    case
                        when event_type in ('session_finished', 'session_interrupted') then total_assets
                    end
                ),
                coalesce(max(case when event_type = 'session_started' then total_assets end), 0)
                + count(distinct case when is_first_listing then asset_id end)
            ),
            count(distinct case when event_type != 'discovered' or is_first_listing then asset_id end)
        ) as total_assets,
        case
            when count(asset_id) = 0 then 'mixed'
            when count(case when provider = 'youtube' then asset_id end) = count(asset_id) then 'youtube'
            when count(case when provider in ('drive', 'docs') then asset_id end) = count(asset_id)
                then 'drive'
            else 'mixed'
        end as worked_on,
        max(case event_type when 'session_finished' then 2 when 'session_interrupted' then 1 else 0 end)
            as ending,
        coalesce(
            min(case when event_type = 'session_started' then occurred_at end), min(occurred_at)
        ) as created_at,
        max(case when event_type in ('session_finished', 'session_interrupted') then occurred_at end)
            as completed_at,
        string_agg(distinct load_id, ',') as load_ids
    from events
    group by session_id
)

select
    sessions.session_id,
    coalesce(sessions.session_type, 'unknown') as session_type,
    sessions.worked_on,
    cast(sessions.total_assets as bigint) as total_assets,
    cast(coalesce(tallies.completed_assets, 0) as bigint) as completed_assets,
    cast(coalesce(tallies.failed_assets, 0) as bigint) as failed_assets,
    case sessions.ending when 2 then 'completed' when 1 then 'interrupted' else 'running' end as status,
    sessions.created_at,
    sessions.completed_at,
    sessions.load_ids
from sessions
left join tallies on sessions.session_id = tallies.session_id
