-- The links of rows that were matched to a person, or accepted for one, under that person's row id: they
-- were loaded under that of their row, or none. An asset's id needs the person's, so it is made here.

with matched as (
    select
        row_key,
        row_id,
        is_accepted
    from {{ ref("int_source_rows") }}
    where disposition = 'used' and row_id != ''
),

-- A link is loaded once a kind of asset.
found as (
    select distinct
        matched.row_id,
        links.row_key,
        links.source,
        links.column_name,
        links.position,
        links.url,
        links.canonical_url,
        links.provider,
        links.link_type,
        links.media_id,
        links.asset_kinds,
        links.is_content,
        links.rule,
        links.shows_canonical
    from {{ ref("stg_rows__links") }} as links
    inner join matched on links.row_key = matched.row_key
    where
        (links.row_id = '' or (matched.is_accepted and links.row_id != matched.row_id))
        and links.asset_kinds != ''
        and links.is_content
),

-- Earlier versions loaded them a second time, after a build.
missing as (
    select found.*
    from found
    left join {{ ref("stg_rows__links") }} as standing
        on found.row_key = standing.row_key
        and found.column_name = standing.column_name
        and found.position = standing.position
        and found.row_id = standing.row_id
    where standing.link_key is null
),

of_each_kind as (
    select
        *,
        unnest(string_to_array(asset_kinds, ',')) as asset_kind
    from missing
)

select
    row_key || ':' || column_name || ':' || cast(position as text) || ':' || asset_kind || ':' || row_id
        as link_key,
    row_key,
    source,
    row_id,
    column_name,
    position,
    url,
    canonical_url,
    provider,
    link_type,
    media_id,
    asset_kind,
    asset_kinds,
    cast({{ computed_asset_id("row_id", "provider", "media_id", "asset_kind") }} as text) as asset_id,
    is_content,
    rule,
    shows_canonical
from of_each_kind
