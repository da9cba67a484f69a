-- Which list or document led to which asset, and whether it still does. An entry has left when a later
-- reading that is complete lacks it; one that is not complete says nothing of what it lacks.

with seen as (
    select
        parent_asset_id,
        asset_id,
        max(coalesce(listing_attempt, 0)) as seen_attempt
    from {{ ref("stg_asset_events") }}
    where
        event_type = 'discovered'
        and parent_asset_id is not null
        and asset_id is not null
        -- the HTML beside a text is no entry of it
        and coalesce(cast(cast(details as json) ->> 'is_twin' as boolean), false) = false
    group by parent_asset_id, asset_id
),

readings as (
    select
        asset_id,
        listing_attempt,
        min({{ told_at("events") }}) as read_at
    from {{ ref("stg_asset_events") }} as events
    where event_type = 'downloaded' and is_whole and listing_attempt is not null
    group by asset_id, listing_attempt
),

without as (
    select
        seen.parent_asset_id,
        seen.asset_id,
        min(readings.listing_attempt) as left_attempt
    from seen
    inner join readings
        on seen.parent_asset_id = readings.asset_id and seen.seen_attempt < readings.listing_attempt
    group by seen.parent_asset_id, seen.asset_id
)

select
    seen.parent_asset_id,
    seen.asset_id,
    seen.seen_attempt,
    without.left_attempt,
    readings.read_at as left_at
from seen
left join without on seen.parent_asset_id = without.parent_asset_id and seen.asset_id = without.asset_id
left join readings
    on without.parent_asset_id = readings.asset_id and without.left_attempt = readings.listing_attempt
