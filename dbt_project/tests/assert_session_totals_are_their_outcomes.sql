-- A session's totals are the sum of its assets' outcomes, each asset once.

with outcomes as (
    select
        session_id,
        count(distinct asset_id) as assets
    from {{ ref("stg_asset_events") }}
    where
        event_type in (
            'downloaded', 'download_failed', 'reread_unchanged', 'reread_failed', 'uploaded', 'upload_failed',
            'file_verified', 'file_lost', 'file_dropped', 'object_verified', 'object_lost',
            'object_found', 'object_refuted'
        )
        and asset_id is not null
    group by session_id
)

select
    sessions.session_id,
    sessions.completed_assets,
    sessions.failed_assets,
    outcomes.assets
from {{ ref("int_sessions") }} as sessions
left join outcomes on sessions.session_id = outcomes.session_id
where sessions.completed_assets + sessions.failed_assets != coalesce(outcomes.assets, 0)
