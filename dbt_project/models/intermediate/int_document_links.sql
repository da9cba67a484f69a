-- Each link in each document that was read, as the newest reading tells it. Readings of earlier versions
-- told canonical addresses alone.

with readings as (
    select
        events.asset_id,
        cast(events.details as json) as details,
        row_number() over (
            partition by events.asset_id order by events.attempt desc, events.event_id
        ) as reading_rank
    from {{ ref("int_events") }} as events
    where events.event_type = 'document_read' and events.asset_id is not null
),

newest as (
    select
        readings.asset_id,
        readings.details,
        assets.person_row_id,
        assets.asset_type,
        assets.original_url,
        assets.is_claimed,
        assets.is_wanted
    from readings
    inner join {{ ref("int_expected_assets") }} as assets on readings.asset_id = assets.asset_id
    where readings.reading_rank = 1
),

elements as (
    select
        asset_id,
        {{ json_elements("details -> 'occurrences'") }} as link
    from newest
    where details ->> 'occurrences' is not null
),

told as (
    select
        asset_id,
        cast(link ->> 'position' as bigint) as position,
        link ->> 'url' as url,
        link ->> 'canonical_url' as canonical_url,
        link ->> 'provider' as provider,
        link ->> 'link_type' as link_type,
        link ->> 'media_id' as media_id,
        link ->> 'asset_kinds' as asset_kinds,
        cast(1 as bigint) as occurrences
    from elements
),

left_out as (
    select
        asset_id,
        cast(-1 as bigint) as position,
        '' as url,
        '' as canonical_url,
        'other' as provider,
        'left_out' as link_type,
        '' as media_id,
        '' as asset_kinds,
        cast(details ->> 'left_out' as bigint) as occurrences
    from newest
    where details ->> 'left_out' is not null
),

lines as (
    select
        asset_id,
        unnest(string_to_array(details ->> 'links', chr(10))) as url
    from newest
    where details ->> 'occurrences' is null and coalesce(details ->> 'links', '') != ''
),

children as (
    select
        parent_asset_id,
        original_url,
        min(provider) as provider,
        min(media_id) as media_id,
        min(asset_kind) as asset_kinds
    from {{ ref("int_events") }}
    where event_type = 'discovered' and parent_asset_id is not null
    group by parent_asset_id, original_url
),

told_earlier as (
    select
        lines.asset_id,
        row_number() over (partition by lines.asset_id order by lines.url) - 1 as position,
        lines.url,
        lines.url as canonical_url,
        coalesce(children.provider, 'other') as provider,
        case
            when children.provider is not null then 'medium'
            when lines.url like 'mailto:%' then 'mail'
            when lines.url like 'https://accounts.google.com/%' then 'sign_in'
            else 'page'
        end as link_type,
        coalesce(children.media_id, lines.url) as media_id,
        coalesce(children.asset_kinds, '') as asset_kinds,
        cast(1 as bigint) as occurrences
    from lines
    left join children on lines.asset_id = children.parent_asset_id and lines.url = children.original_url
),

links as (
    select * from told
    union all
    select * from left_out
    union all
    select * from told_earlier
)

select
    links.asset_id as row_key,
    newest.original_url as file,
    newest.person_row_id as row_id,
    newest.is_claimed,
    newest.is_wanted,
    newest.asset_type as column_name,
    links.position,
    links.url,
    links.canonical_url,
    links.provider,
    links.link_type,
    links.media_id,
    links.asset_kinds,
    links.occurrences,
    children.parent_asset_id is not null as is_discovered
from links
inner join newest on links.asset_id = newest.asset_id
left join children
    on links.asset_id = children.parent_asset_id and links.canonical_url = children.original_url
