-- Each asset id is computed anew from the person, the medium and the kind. What a used row links to is
-- among that person's assets, and what is among them was linked to or found on the way, in those words.

with mentions as (
    select
        asset_id,
        row_id,
        provider,
        media_id,
        asset_kind
    from {{ ref("int_row_links") }}
    where (is_content or rule = 'known earlier') and asset_id is not null
    union
    select
        asset_id,
        row_id,
        provider,
        media_id,
        asset_kind
    from {{ ref("int_events") }}
    where asset_id is not null and event_type != 'identified'
),

-- An asset that is not what its link looked like keeps the id that its link gave it.
identified as (
    select distinct asset_id from {{ ref("int_events") }}
    where event_type = 'identified'
),

assets as (
    select
        assets.*,
        cast(assets.asset_id as text) as id,
        identified.asset_id is not null as is_identified
    from {{ ref("assets") }} as assets
    left join identified on cast(assets.asset_id as text) = identified.asset_id
),

mentioned as (
    select
        assets.*,
        mentions.provider as link_provider,
        mentions.asset_kind as link_kind
    from assets
    inner join mentions
        on
        assets.id = mentions.asset_id
        and assets.person_row_id = mentions.row_id
        and assets.media_id = mentions.media_id
    where
        assets.is_identified
        or (mentions.provider = assets.provider and mentions.asset_kind = assets.asset_kind)
),

computed as (
    select
        id,
        asset_id = {{ computed_asset_id("person_row_id", "provider", "media_id", "asset_kind") }} as is_own
    from assets
    union all
    select
        id,
        asset_id
        = {{ computed_asset_id("person_row_id", "link_provider", "media_id", "link_kind") }} as is_own
    from mentioned
    where is_identified
),

own as (
    select
        id,
        max(case when is_own then 1 else 0 end) as is_own
    from computed
    group by id
),

asked_for as (
    select distinct
        links.asset_id,
        links.row_id
    from {{ ref("int_row_links") }} as links
    inner join {{ ref("int_source_rows") }} as source_rows
        on links.row_key = source_rows.row_key and links.row_id = source_rows.row_id
    where source_rows.disposition = 'used' and links.is_content and links.asset_id is not null
)

select
    'asset_id is computed from its parts' as invariant,
    assets.person_row_id as row_id,
    assets.id as found_in,
    assets.provider || ' ' || coalesce(assets.media_id, '') || ' ' || assets.asset_kind as said
from assets
inner join own on assets.id = own.id
where own.is_own = 0

union all

select
    'an asset is linked to or found' as invariant,
    assets.person_row_id as row_id,
    assets.id as found_in,
    'no link and no event of this row has ' || assets.provider || ' ' || coalesce(assets.media_id, '') as said
from assets
where assets.id not in (select mentioned.id from mentioned)

union all

select
    'what is linked to is an asset' as invariant,
    asked_for.row_id,
    asked_for.asset_id as found_in,
    'assets has it for row ' || coalesce(assets.person_row_id, 'none') as said
from asked_for
left join assets on asked_for.asset_id = assets.id
where assets.id is null or assets.person_row_id != asked_for.row_id
