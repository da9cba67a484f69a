-- Links that an earlier legacy row of a person has, or that the old system found for the person, and that
-- no newer row of the person denies. A newer row denies the links of a column if it was processed, or if it
-- has other links there itself; a blank cell of a row that nobody processed denies nothing.

with legacy_rows as (
    select
        source_rows.row_key,
        source_rows.row_id,
        source_rows.role,
        source_rows.age_rank,
        {{ is_processed("legacy.processed") }} as is_processed
    from {{ ref("int_source_rows") }} as source_rows
    inner join {{ ref("stg_legacy__rows") }} as legacy on source_rows.row_key = legacy.row_key
    where source_rows.disposition = 'used'
),

processed as (
    select
        row_id,
        min(age_rank) as newest
    from legacy_rows
    where is_processed
    group by row_id
),

found as (
    select distinct
        links.row_key,
        links.column_name,
        links.position,
        legacy_rows.row_id,
        legacy_rows.age_rank,
        coalesce(links.rule, '') = 'known earlier' as is_found_by_old_system,
        coalesce(links.rule, '') = 'known earlier'
        or (legacy_rows.role = 'history' and (links.is_content or coalesce(links.rule, '-') = ''))
            as is_earlier
    from {{ ref("stg_links") }} as links
    inner join legacy_rows on links.row_key = legacy_rows.row_key
),

columns_with_links as (
    select
        row_id,
        column_name,
        min(age_rank) as newest
    from found
    group by row_id, column_name
)

select
    found.row_key,
    found.column_name,
    found.position,
    found.row_id,
    found.is_found_by_old_system
from found
inner join columns_with_links
    on found.row_id = columns_with_links.row_id and found.column_name = columns_with_links.column_name
left join processed on found.row_id = processed.row_id
where
    found.is_earlier
    and found.age_rank <= columns_with_links.newest
    and found.age_rank <= coalesce(processed.newest, found.age_rank)
