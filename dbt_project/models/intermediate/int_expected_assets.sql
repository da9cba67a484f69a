-- One row an asset: what the used rows link to, what folders and playlists led to, and whatever
-- has events. Only what a current row still asks for, directly or through its parents, is wanted.

with recursive linked as (
    select
        links.asset_id,
        links.row_id,
        links.provider,
        links.media_id,
        links.asset_kind,
        links.canonical_url,
        links.url,
        links.source,
        links.column_name,
        links.row_key,
        source_rows.first_observed_at,
        row_number() over (
            partition by links.asset_id
            order by
                case when links.source = 'sheet' then 0 else 1 end,
                source_rows.line,
                links.column_name,
                links.position,
                links.link_key
        ) as link_rank
    from {{ ref("stg_links") }} as links
    inner join {{ ref("int_source_rows") }} as source_rows on links.row_key = source_rows.row_key
    where source_rows.disposition = 'used'
        and source_rows.role = 'current'
        and links.is_content
        and links.asset_id is not null
        and (
            links.source = 'sheet'
            or links.column_name in ('link', 'youtube_playlist', 'google_drive')
        )
),

events as (
    select * from {{ ref("stg_asset_events") }}
    where asset_id is not null
),

wanted as (
    select asset_id from linked
    union
    select events.asset_id
    from events
    inner join wanted on events.parent_asset_id = wanted.asset_id
    where events.event_type = 'discovered'
),

from_events as (
    select
        asset_id,
        min(row_id) as row_id,
        min(provider) as provider,
        min(media_id) as media_id,
        min(asset_kind) as asset_kind,
        min(original_url) as original_url,
        min(case when event_type = 'discovered' then parent_asset_id end) as parent_asset_id,
        min(case when event_type = 'discovered' then details end) as discovered_details,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    group by asset_id
)

select
    coalesce(linked.asset_id, from_events.asset_id) as asset_id,
    coalesce(linked.row_id, from_events.row_id) as person_row_id,
    coalesce(linked.provider, from_events.provider) as provider,
    coalesce(linked.media_id, from_events.media_id) as media_id,
    coalesce(linked.asset_kind, from_events.asset_kind) as asset_type,
    coalesce(linked.canonical_url, from_events.original_url) as original_url,
    from_events.parent_asset_id,
    wanted.asset_id is not null as is_wanted,
    linked.url as url_as_found,
    linked.column_name as source_column,
    linked.row_key as source_row_key,
    from_events.discovered_details,
    least(linked.first_observed_at, from_events.first_event_at) as created_at,
    greatest(linked.first_observed_at, from_events.last_event_at) as updated_at
from (select * from linked where link_rank = 1) as linked
full outer join from_events on linked.asset_id = from_events.asset_id
left join wanted on coalesce(linked.asset_id, from_events.asset_id) = wanted.asset_id
