-- One row an occurrence of a link, in a cell or in a document, and its fate: no link is without one. What
-- is known from earlier and what is a medium are looked up by key, not joined: Postgres expects few of
-- all these rows, and would join them row by row.

with occurrences as (
    select
        *,
        row_number() over (
            partition by row_key, column_name, position
            order by case when row_id = '' then 1 else 0 end, link_key
        ) as copy_number
    from {{ ref("stg_rows__links") }}
),

source_rows as (
    select
        source_rows.row_key,
        coalesce(originals.row_key, source_rows.row_key) as original_key,
        source_rows.place,
        source_rows.file_id,
        coalesce(originals.disposition, source_rows.disposition) as disposition,
        coalesce(originals.reason, source_rows.reason) as reason,
        coalesce(originals.row_id, source_rows.row_id) as row_id,
        coalesce(originals.role, source_rows.role) as role
    from {{ ref("int_source_rows") }} as source_rows
    left join {{ ref("int_source_rows") }} as originals
        on source_rows.disposition = 'repeat' and source_rows.representative_key = originals.row_key
),

-- What a link of Drive leads to may turn out to be of another provider: its media id stays.
media as (
    select
        person_row_id || ':' || media_id as person_medium,
        min(case when is_known_earlier then 1 else 0 end) = 1 as is_known_earlier
    from {{ ref("int_expected_assets") }}
    where is_claimed and person_row_id is not null and media_id is not null
    group by person_row_id, media_id
),

known_earlier as (
    select {{ cell_link("known_earlier") }} as cell_link
    from {{ ref("int_known_earlier") }} as known_earlier
),

cells as (
    select
        occurrences.*,
        {{ cell_link("occurrences") }} as cell_link,
        source_rows.place,
        source_rows.file_id,
        source_rows.disposition,
        source_rows.reason as row_reason,
        source_rows.row_id as person_row_id,
        source_rows.role,
        source_rows.original_key || ':' || occurrences.column_name || ':'
        || cast(occurrences.position as text) as original_link,
        coalesce(source_rows.row_id || ':' || occurrences.media_id, '') as person_medium
    from occurrences
    left join source_rows on occurrences.row_key = source_rows.row_key
    where occurrences.copy_number = 1
),

looked_up as (
    select
        *,
        coalesce(original_link, '') in (select known_earlier.cell_link from known_earlier)
            as is_known_earlier,
        person_medium in (
            select media.person_medium from media
            where not media.is_known_earlier
        ) as is_asked_for_now
    from cells
),

in_cells as (
    select
        links.cell_link as link_key,
        links.source,
        coalesce(snapshots.tab_title, snapshots.source, files.file_name) as file,
        links.row_key,
        links.place,
        links.person_row_id as row_id,
        links.column_name,
        links.position,
        cast(1 as bigint) as occurrences,
        links.url,
        links.canonical_url,
        links.provider,
        links.link_type,
        links.media_id,
        coalesce(links.disposition = 'used' and links.role = 'current', false)
        or links.is_known_earlier as is_current,
        case
            when links.disposition is null then 'quarantined'
            when links.disposition != 'used' then 'quarantined'
            when links.rule in ('typing document', 'tracking column') then 'ignored'
            when {{ ignored_reason("links.link_type") }} is not null then 'ignored'
            when links.rule = 'known earlier' then 'known_earlier'
            when links.asset_kinds = '' then 'unsupported'
            when links.is_known_earlier and not links.is_asked_for_now then 'known_earlier'
            else 'asset'
        end as fate,
        case
            when links.disposition is null then 'its row is in no table'
            when links.disposition != 'used' then 'its row is: ' || links.row_reason
            when links.rule = 'typing document' then 'typing document: the link on the type'
            when links.rule = 'tracking column' then 'tracking column: what the old system noted of its work'
            when {{ ignored_reason("links.link_type") }} is not null
                then {{ ignored_reason("links.link_type") }}
            when links.rule = 'known earlier' then 'the old system found it in a document of this person'
            when links.asset_kinds = ''
                then {{ unsupported_reason("links.link_type", "links.canonical_url") }}
            when links.is_known_earlier and not links.is_asked_for_now
                then 'an earlier row of this person has it, and no later one denies it'
        end as reason
    from looked_up as links
    left join {{ ref("stg_sheet__snapshots") }} as snapshots
        on links.source = 'sheet' and links.file_id = snapshots.snapshot_id
    left join {{ ref("stg_legacy__files") }} as files
        on links.source = 'legacy_csv' and links.file_id = files.file_sha256
),

in_documents as (
    select
        links.row_key || ':' || links.column_name || ':' || cast(links.position as text) as link_key,
        'document' as source,
        links.file,
        links.row_key,
        links.file as place,
        links.row_id,
        links.column_name,
        links.position,
        links.occurrences,
        links.url,
        links.canonical_url,
        links.provider,
        links.link_type,
        links.media_id,
        links.is_wanted as is_current,
        case
            when links.link_type = 'left_out' then 'not_followed'
            when {{ ignored_reason("links.link_type") }} is not null then 'ignored'
            when not links.is_claimed then 'not_followed'
            when links.asset_kinds = '' then 'unsupported'
            when links.is_medium then 'asset'
            else 'not_followed'
        end as fate,
        case
            when links.link_type = 'left_out' then 'limit: so many more links stand in this document'
            when {{ ignored_reason("links.link_type") }} is not null
                then {{ ignored_reason("links.link_type") }}
            when not links.is_claimed then 'no row asks for this document any more'
            when links.asset_kinds = ''
                then {{ unsupported_reason("links.link_type", "links.canonical_url") }}
            when links.is_medium then null
            when links.is_discovered
                then 'depth: download.document_depth follows the links of documents no further'
            else 'limit: this document has more links than are followed'
        end as reason
    from (
        select
            *,
            coalesce(row_id || ':' || media_id, '') in (select media.person_medium from media) as is_medium
        from {{ ref("int_document_links") }}
    ) as links
)

select * from in_cells
union all
select * from in_documents
