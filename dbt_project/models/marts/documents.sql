{{ config(post_hook="{{ references_people('person_row_id') }}") -}}
-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
-- The text of each person's documents, and the links in it. What rowkeeper has read comes before what
-- a legacy CSV says, and a newer text before an older one.

with live as (
    select
        events.asset_id as document_key,
        assets.person_row_id,
        assets.media_id,
        events.asset_id,
        'live' as source,
        cast(events.details as json) ->> 'text' as document_text,
        cast(events.details as json) ->> 'links' as links,
        assets.original_url,
        events.occurred_at as read_at,
        row_number() over (
            partition by events.asset_id
            order by events.attempt desc, events.event_id
        ) as text_rank
    from {{ ref("stg_asset_events") }} as events
    inner join {{ ref("int_assets") }} as assets on events.asset_id = assets.asset_id
    where
        events.event_type = 'document_read'
        and assets.is_claimed
        and assets.asset_type = 'document'
),

-- The HTML of a document is an asset beside its text.
html as (
    select
        assets.person_row_id,
        assets.media_id,
        cast(events.details as json) ->> 'links' as links,
        row_number() over (
            partition by assets.person_row_id, assets.media_id
            order by events.attempt desc, events.event_id
        ) as html_rank
    from {{ ref("stg_asset_events") }} as events
    inner join {{ ref("int_assets") }} as assets on events.asset_id = assets.asset_id
    where
        events.event_type = 'document_read'
        and assets.is_claimed
        and assets.asset_type = 'document_html'
),

found_links as (
    select
        row_key,
        string_agg(distinct canonical_url, chr(10) order by canonical_url) as links
    from {{ ref("stg_links") }}
    where column_name = 'extracted_links'
    group by row_key
),

legacy as (
    select
        coalesce(claims.asset_id, claims.row_key) as document_key,
        claims.row_id as person_row_id,
        claims.media_id,
        claims.asset_id,
        'legacy' as source,
        legacy_rows.document_text,
        found_links.links,
        assets.original_url,
        coalesce(claims.claimed_at, claims.observed_at) as read_at,
        row_number() over (
            partition by coalesce(claims.asset_id, claims.row_id || legacy_rows.document_text)
            order by claims.generation desc, claims.observed_at desc nulls last, claims.claim_key
        ) as text_rank
    from {{ ref("int_legacy_claims") }} as claims
    inner join {{ ref("stg_legacy__rows") }} as legacy_rows on claims.row_key = legacy_rows.row_key
    left join {{ ref("int_assets") }} as assets on claims.asset_id = assets.asset_id
    left join found_links on claims.row_key = found_links.row_key
    where claims.claim = 'document_text' and claims.standing in ('stands', 'unverified')
),

texts as (
    select * from live
    where text_rank = 1

    union all

    select * from legacy
    where text_rank = 1 and document_key not in (select live.document_key from live)
)

select
    texts.document_key,
    texts.person_row_id,
    texts.asset_id,
    texts.source,
    texts.document_text as text,
    cast(length(texts.document_text) as bigint) as characters,
    coalesce(texts.links, '') as links,
    coalesce(html.links, '') as hyperlinks,
    texts.original_url,
    texts.read_at
from texts
left join html
    on
    texts.person_row_id = html.person_row_id
    and texts.media_id = html.media_id
    and html.html_rank = 1
