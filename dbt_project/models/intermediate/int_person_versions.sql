-- What the sheet said of each person, and when: a version ends when the next one begins, or with the
-- first snapshot that lacks the person. Before the sheet, the legacy files tell.

with rows_of_people as (
    select
        source_rows.row_id,
        source_rows.source,
        source_rows.file_id,
        source_rows.observed_at,
        source_rows.place,
        source_rows.name,
        source_rows.email,
        source_rows.personality_type,
        source_rows.row_key,
        source_rows.is_accepted
        and not bool_and(source_rows.is_accepted) over (partition by source_rows.row_id) as is_beside,
        row_number() over (
            partition by source_rows.row_id, source_rows.file_id
            order by source_rows.is_accepted, {{ order_in_file("source_rows.") }}
        ) as file_rank
    from {{ ref("int_source_rows") }} as source_rows
    left join {{ ref("int_source_rows") }} as representatives
        on source_rows.disposition = 'repeat' and source_rows.representative_key = representatives.row_key
    where
        source_rows.observed_at is not null
        and (
            source_rows.disposition = 'used'
            -- the same cells under other titles may be read as somebody else's
            or (representatives.disposition = 'used' and representatives.row_id = source_rows.row_id)
        )
),

links as (
    select
        row_key,
        canonical_url,
        case when shows_canonical then canonical_url else url end as url,
        row_number() over (
            partition by row_key
            order by case when column_name = 'link' then 0 else 1 end, position, link_key
        ) as link_rank
    from {{ ref("stg_rows__links") }}
    where column_name = 'link' or (source = 'sheet' and column_name = 'name')
),

snapshots as (
    select
        snapshot_id,
        observed_at,
        snapshot_number
    from {{ ref("int_snapshots") }}
),

first_in_sheet as (
    select
        row_id,
        min(observed_at) as observed_at
    from rows_of_people
    where source = 'sheet'
    group by row_id
),

observations as (
    select
        found.row_id,
        found.source,
        found.observed_at,
        found.file_id,
        found.place,
        found.name,
        found.email,
        found.personality_type,
        links.url as source_link,
        snapshots.snapshot_number,
        {{ json_text({
            "name": "found.name",
            "email": "found.email",
            "type": "found.personality_type",
            "link": "links.canonical_url",
        }) }} as content
    from rows_of_people as found
    left join links on found.row_key = links.row_key and links.link_rank = 1
    left join snapshots on found.source = 'sheet' and found.file_id = snapshots.snapshot_id
    left join first_in_sheet on found.row_id = first_in_sheet.row_id
    where
        found.file_rank = 1
        -- an accepted row gives its links to a person whom other rows describe
        and not coalesce(found.is_beside, false)
        and (
            found.source = 'sheet'
            or first_in_sheet.row_id is null
            or found.observed_at < first_in_sheet.observed_at
        )
),

compared as (
    select
        *,
        case
            when content != lag(content) over in_order then 1
            when snapshot_number != lag(snapshot_number) over in_order + 1 then 1
            when lag(content) over in_order is null then 1
            else 0
        end as is_new
    from observations
    window in_order as (partition by row_id order by observed_at, file_id)
),

numbered as (
    select
        *,
        sum(is_new) over (
            partition by row_id
            order by observed_at, file_id
            rows between unbounded preceding and current row
        ) as version
    from compared
),

versions as (
    select
        row_id,
        version,
        min(observed_at) as valid_from,
        max(snapshot_number) as last_snapshot,
        min(source) as source,
        min(name) as name,
        min(email) as email,
        min(personality_type) as personality_type,
        min(source_link) as source_link,
        (array_agg(place order by observed_at, file_id))[1] as first_seen_in
    from numbered
    group by row_id, version
)

select
    versions.row_id || ':' || cast(versions.version as text) as version_key,
    versions.row_id,
    cast(versions.version as bigint) as version,
    versions.name,
    versions.email,
    versions.personality_type,
    versions.source_link,
    versions.source,
    versions.first_seen_in,
    versions.valid_from,
    coalesce(
        lacking.observed_at,
        lead(versions.valid_from) over (partition by versions.row_id order by versions.version)
    ) as valid_to
from versions
left join snapshots as lacking on versions.last_snapshot + 1 = lacking.snapshot_number
