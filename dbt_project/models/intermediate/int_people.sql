-- One row a person: the newest sheet row of each row id, else the newest legacy row. Where that source
-- lacks a column, the newest row that has it says it.

with versions as (
    select
        *,
        row_number() over (
            partition by row_id
            order by
                case when source = 'sheet' then 0 else 1 end,
                generation desc nulls last,
                observed_at desc nulls last,
                file_id desc,
                row_key
        ) as version_rank,
        min(first_observed_at) over (partition by row_id) as first_seen_at,
        max(observed_at) over (partition by row_id) as last_seen_at
    from {{ ref("int_source_rows") }}
    where disposition = 'used'
),

cells as (
    select
        row_id,
        (array_agg(email order by version_rank) filter (where email is not null))[1] as email,
        (array_agg(personality_type order by version_rank) filter (where personality_type is not null))[1]
            as personality_type
    from versions
    group by row_id
),

links as (
    select
        row_key,
        canonical_url,
        row_number() over (partition by row_key order by position, link_key) as link_rank
    from {{ ref("stg_links") }}
    where
        (source = 'sheet' and column_name = 'name')
        or (source = 'legacy_csv' and column_name = 'link')
)

select
    versions.row_id,
    versions.name,
    cells.email,
    cells.personality_type,
    links.canonical_url as source_link,
    versions.first_seen_at as created_at,
    versions.first_observed_at as updated_at,
    versions.status,
    versions.notes,
    versions.source,
    versions.source = 'sheet' and versions.role = 'current' as in_sheet,
    versions.last_seen_at,
    versions.row_key as source_row_key
from versions
inner join cells on versions.row_id = cells.row_id
left join links on versions.row_key = links.row_key and links.link_rank = 1
where versions.version_rank = 1
