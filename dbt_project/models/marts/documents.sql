-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
-- The text of each person's documents, and the links in it: a row for each text that a document has had,
-- numbered in the order of the readings. What rowkeeper has read comes before what a legacy CSV says.

with readings as (
    select
        events.asset_id,
        events.attempt,
        events.session_id,
        events.occurred_at,
        assets.person_row_id,
        assets.media_id,
        cast(events.details as json) ->> 'text' as document_text,
        cast(events.details as json) ->> 'links' as links,
        assets.original_url,
        assets.last_read_at,
        row_number() over (
            partition by events.asset_id, cast(events.details as json) ->> 'text'
            order by events.attempt, events.event_id
        ) as text_rank,
        row_number() over (
            partition by events.asset_id
            order by events.attempt desc, events.event_id
        ) as newest_rank
    from {{ ref("int_events") }} as events
    inner join {{ ref("int_assets_as_built") }} as assets on events.asset_id = assets.asset_id
    where
        events.event_type = 'document_read'
        and assets.is_claimed
        and assets.asset_type = 'document'
),

newest as (
    select
        asset_id,
        document_text
    from readings
    where newest_rank = 1
),

live as (
    select
        readings.*,
        row_number() over (
            partition by readings.asset_id
            order by readings.attempt
        ) as version,
        readings.document_text = newest.document_text as is_current
    from readings
    inner join newest on readings.asset_id = newest.asset_id
    where readings.text_rank = 1
),

-- The HTML of a document is an asset beside its text. An older text has that of its own session.
html as (
    select
        assets.person_row_id,
        assets.media_id,
        events.session_id,
        cast(events.details as json) ->> 'links' as links,
        row_number() over (
            partition by assets.person_row_id, assets.media_id, events.session_id
            order by events.attempt desc, events.event_id
        ) as session_rank,
        row_number() over (
            partition by assets.person_row_id, assets.media_id
            order by events.attempt desc, events.event_id
        ) as html_rank
    from {{ ref("int_events") }} as events
    inner join {{ ref("int_assets_as_built") }} as assets on events.asset_id = assets.asset_id
    where
        events.event_type = 'document_read'
        and assets.is_claimed
        and assets.asset_type = 'document_html'
),

found_links as (
    select
        row_key,
        string_agg(distinct canonical_url, chr(10) order by canonical_url) as links
    from {{ ref("stg_rows__links") }}
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
    left join {{ ref("int_assets_as_built") }} as assets on claims.asset_id = assets.asset_id
    left join found_links on claims.row_key = found_links.row_key
    where claims.claim = 'document_text' and claims.standing in ('stands', 'unverified')
),

texts as (
    select
        case version
            when 1 then asset_id
            else asset_id || '#' || cast(version as text)
        end as document_key,
        person_row_id,
        media_id,
        asset_id,
        'live' as source,
        document_text,
        links,
        original_url,
        occurred_at as read_at,
        version,
        is_current,
        session_id,
        case when is_current then last_read_at else occurred_at end as last_read_at
    from live

    union all

    select
        document_key,
        person_row_id,
        media_id,
        asset_id,
        source,
        document_text,
        links,
        original_url,
        read_at,
        1 as version,
        true as is_current,
        cast(null as text) as session_id,
        read_at as last_read_at
    from legacy
    where text_rank = 1 and document_key not in (select live.asset_id from live)
)

select
    texts.document_key,
    texts.person_row_id,
    cast(texts.asset_id as uuid) as asset_id,
    texts.source,
    texts.document_text as text,
    cast(length(texts.document_text) as bigint) as characters,
    coalesce(texts.links, '') as links,
    coalesce(case when texts.is_current then html.links else its_own.links end, '') as hyperlinks,
    texts.original_url,
    texts.read_at,
    cast(texts.version as bigint) as version,
    texts.is_current,
    texts.last_read_at,
    {{ sha256_of("texts.document_text") }} as text_sha256
from texts
left join html
    on
    texts.person_row_id = html.person_row_id
    and texts.media_id = html.media_id
    and html.html_rank = 1
left join html as its_own
    on
    texts.person_row_id = its_own.person_row_id
    and texts.media_id = its_own.media_id
    and texts.session_id = its_own.session_id
    and its_own.session_rank = 1
