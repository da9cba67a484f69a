-- One row an asset: what the used rows link to, what folders, playlists and documents led to, and
-- whatever was tried. An asset belongs to its person only if a used row of that person asks for it,
-- itself or through its parents. It is wanted while a current row does; what is only known from earlier
-- is wanted if legacy_csv.known_earlier says fetch. Each document on the way is a step, and no more than
-- download.document_depth of them are taken; so circles end, too. What an asset was identified as goes
-- before what its link says; its id and its media id stay.

with recursive identifications as (
    select
        asset_id,
        cast(details as json) ->> 'provider' as provider,
        cast(details as json) ->> 'asset_kind' as asset_kind,
        cast(details as json) ->> 'original_url' as original_url,
        row_number() over (
            partition by asset_id
            order by attempt desc, cast(cast(details as json) ->> 'step' as bigint) desc, event_id
        ) as identification_rank
    from {{ ref("int_events") }}
    where event_type = 'identified'
),

identified as (
    select * from identifications
    where identification_rank = 1
),

-- Looked up by key, not joined: Postgres expects one row of each side, and would join them row by row.
known_earlier as (
    select
        {{ cell_link("known_earlier") }} as cell_link,
        is_found_by_old_system
    from {{ ref("int_known_earlier") }} as known_earlier
),

linked as (
    select
        links.asset_id,
        links.row_id,
        coalesce(identified.provider, links.provider) as provider,
        links.media_id,
        coalesce(identified.asset_kind, links.asset_kind) as asset_kind,
        coalesce(identified.original_url, links.canonical_url) as canonical_url,
        links.url,
        max(case when {{ has_key("links.provider", "links.url") }} then links.url end)
            over (partition by links.asset_id) as keyed_url,
        links.column_name,
        links.row_key,
        source_rows.role = 'current' and links.is_content as is_current,
        {{ cell_link("links") }} in (select known_earlier.cell_link from known_earlier) as is_known_earlier,
        {{ cell_link("links") }} in (
            select known_earlier.cell_link from known_earlier
            where known_earlier.is_found_by_old_system
        ) as is_in_document,
        source_rows.first_observed_at,
        row_number() over (
            partition by links.asset_id
            order by
                case when links.is_content then 0 else 1 end,
                case when source_rows.role = 'current' then 0 else 1 end,
                case when links.source = 'sheet' then 0 else 1 end,
                source_rows.observed_at desc nulls last,
                links.column_name,
                links.position,
                links.link_key
        ) as link_rank
    from {{ ref("int_row_links") }} as links
    inner join {{ ref("int_source_rows") }} as source_rows
        on links.row_key = source_rows.row_key and links.row_id = source_rows.row_id
    left join identified on links.asset_id = identified.asset_id
    where
        source_rows.disposition = 'used'
        and (
            links.is_content
            or {{ cell_link("links") }} in (select known_earlier.cell_link from known_earlier)
        )
        and links.asset_id is not null
),

events as (
    select
        events.asset_id,
        events.event_type,
        events.row_id,
        coalesce(identified.provider, events.provider) as provider,
        events.media_id,
        coalesce(identified.asset_kind, events.asset_kind) as asset_kind,
        coalesce(identified.original_url, events.original_url) as original_url,
        events.parent_asset_id,
        events.details,
        events.occurred_at,
        case
            when events.event_type = 'discovered'
                then cast(events.details as json) ->> 'url_as_found'
        end as url_as_found,
        coalesce(cast(cast(events.details as json) ->> 'is_twin' as boolean), false) as is_twin
    from {{ ref("int_events") }} as events
    left join identified on events.asset_id = identified.asset_id
    where events.asset_id is not null
),

asked_for as (
    select
        asset_id,
        row_id,
        asset_kind,
        is_current,
        is_known_earlier,
        case when is_in_document then 1 else 0 end as document_depth
    from linked
    union
    select
        events.asset_id,
        events.row_id,
        events.asset_kind,
        asked_for.is_current,
        asked_for.is_known_earlier,
        asked_for.document_depth
        + case when events.is_twin then 0 else {{ is_document("asked_for.asset_kind") }} end
    from events
    inner join asked_for
        on events.parent_asset_id = asked_for.asset_id and events.row_id = asked_for.row_id
    where
        events.event_type = 'discovered'
        and asked_for.document_depth
        + case when events.is_twin then 0 else {{ is_document("asked_for.asset_kind") }} end
        <= {{ document_depth() }}
),

claims as (
    select
        asset_id,
        max(case when is_current then 1 else 0 end) = 1 as is_current,
        max(case when is_known_earlier then 1 else 0 end) = 1 as is_known_earlier
    from asked_for
    group by asset_id
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
        max(case when {{ has_key("provider", "url_as_found") }} then url_as_found end) as keyed_url,
        max(url_as_found) as url_as_found,
        min(occurred_at) as first_event_at,
        max(case when event_type != 'discovered' then 1 else 0 end) = 1 as is_tried
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
    claims.asset_id is not null as is_claimed,
    coalesce(
        claims.is_current or (claims.is_known_earlier and {{ fetches_known_earlier() }}), false
    ) as is_wanted,
    coalesce(claims.is_known_earlier and not claims.is_current, false) as is_known_earlier,
    linked.url as url_as_found,
    coalesce(linked.keyed_url, from_events.keyed_url, linked.url, from_events.url_as_found) as fetch_url,
    linked.column_name as source_column,
    linked.row_key as source_row_key,
    from_events.discovered_details,
    coalesce(linked.first_observed_at, from_events.first_event_at) as created_at
from (
    select * from linked
    where link_rank = 1
) as linked
full outer join from_events on linked.asset_id = from_events.asset_id
left join claims on coalesce(linked.asset_id, from_events.asset_id) = claims.asset_id
-- what a document beyond the depth links to is nobody's asset until somebody has tried to fetch it
where linked.asset_id is not null or claims.asset_id is not null or from_events.is_tried
