-- Links that an earlier legacy row of a person has, or that the old system found for the person, and that
-- no newer row of the person denies. A newer row denies the links of a column if it says that it was
-- processed, or if it has other links there itself; a blank cell of a row that nobody processed denies
-- nothing. What is newest is found by windows: Postgres expects one row of it all, and would join it with
-- itself row by row.

with legacy_rows as (
    select
        source_rows.row_key,
        source_rows.row_id,
        source_rows.role,
        source_rows.age_rank,
        min(case when {{ is_processed("legacy.processed") }} then source_rows.age_rank end)
            over (partition by source_rows.row_id) as newest_processed
    from {{ ref("int_source_rows") }} as source_rows
    inner join {{ ref("stg_legacy__rows") }} as legacy on source_rows.row_key = legacy.row_key
    where source_rows.disposition = 'used'
),

found as (
    select distinct
        links.row_key,
        links.column_name,
        links.position,
        legacy_rows.row_id,
        legacy_rows.age_rank,
        legacy_rows.newest_processed,
        coalesce(links.rule, '') = 'known earlier' as is_found_by_old_system,
        coalesce(links.rule, '') = 'known earlier'
        or (legacy_rows.role = 'history' and (links.is_content or coalesce(links.rule, '-') = ''))
            as is_earlier
    from {{ ref("stg_rows__links") }} as links
    inner join legacy_rows on links.row_key = legacy_rows.row_key
),

ranked as (
    select
        *,
        min(age_rank) over (partition by row_id, column_name) as newest_with_links
    from found
)

select
    row_key,
    column_name,
    position,
    row_id,
    is_found_by_old_system
from ranked
where
    is_earlier
    and age_rank <= newest_with_links
    and age_rank <= coalesce(newest_processed, age_rank)
