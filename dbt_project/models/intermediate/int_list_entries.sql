-- Which list or document led to which asset, and whether it still does. An entry has left when a later
-- reading that is complete lacks it; one that is not complete says nothing of what it lacks. A reading that
-- found the source unchanged has the entries of the reading that it names.

with sightings as (
    select distinct
        parent_asset_id,
        asset_id,
        coalesce(listing_attempt, 0) as listing_attempt
    from {{ ref("int_events") }}
    where
        event_type = 'discovered'
        and parent_asset_id is not null
        and asset_id is not null
        -- the HTML beside a text is no entry of it
        and coalesce(cast(cast(details as json) ->> 'is_twin' as boolean), false) = false
),

seen as (
    select
        parent_asset_id,
        asset_id,
        max(listing_attempt) as seen_attempt
    from sightings
    group by parent_asset_id, asset_id
),

readings as (
    select
        asset_id,
        attempt,
        listing_attempt,
        min({{ told_at("events") }}) as read_at
    from {{ ref("int_events") }} as events
    where
        event_type in ('downloaded', 'reread_unchanged')
        and is_whole
        and listing_attempt is not null
        and cast(details as json) ->> 'restored_from' is null -- a file that came back is no reading
    group by asset_id, attempt, listing_attempt
),

lacking as (
    select
        seen.parent_asset_id,
        seen.asset_id,
        readings.attempt as left_attempt,
        readings.read_at as left_at,
        row_number() over (
            partition by seen.parent_asset_id, seen.asset_id
            order by readings.attempt, readings.read_at
        ) as left_rank
    from seen
    inner join readings
        on seen.parent_asset_id = readings.asset_id and seen.seen_attempt < readings.attempt
    left join sightings
        on seen.parent_asset_id = sightings.parent_asset_id
        and seen.asset_id = sightings.asset_id
        and readings.listing_attempt = sightings.listing_attempt
    where sightings.asset_id is null
)

select
    seen.parent_asset_id,
    seen.asset_id,
    seen.seen_attempt,
    lacking.left_attempt,
    lacking.left_at
from seen
left join lacking
    on seen.parent_asset_id = lacking.parent_asset_id
    and seen.asset_id = lacking.asset_id
    and lacking.left_rank = 1
