-- One row a person: the newest sheet row of each row id, else the newest legacy row. Where that source
-- lacks a column, the newest row that has it says it.

with versions as (
    select
        *,
        row_number() over (
            partition by row_id
            order by
                is_accepted,
                case when source = 'sheet' then 0 else 1 end,
                generation desc nulls last,
                observed_at desc nulls last,
                file_id desc,
                {{ order_in_file() }}
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
        (array_agg(email_key order by version_rank) filter (where email is not null))[1] as email_key,
        (array_agg(email_address order by version_rank) filter (where email is not null))[1] as email_address,
        (array_agg(personality_type order by version_rank) filter (where personality_type is not null))[1]
            as personality_type,
        (array_agg(first_place order by first_observed_at, version_rank))[1] as first_seen_in,
        (array_agg(place order by observed_at desc nulls last, version_rank))[1] as last_seen_in,
        max(case when source = 'sheet' then observed_at end) as last_in_sheet_at
    from versions
    group by row_id
),

snapshots as (
    select
        observed_at,
        lead(observed_at) over (order by observed_at) as next_at
    from {{ ref("int_snapshots") }}
),

links as (
    select
        row_key,
        column_name = 'type' as is_typing_document,
        canonical_url,
        -- an earlier version told the canonical form alone
        case when shows_canonical then canonical_url else url end as url,
        row_number() over (
            partition by row_key, column_name = 'type'
            order by case when column_name = 'link' then 0 else 1 end, position, link_key
        ) as link_rank
    from {{ ref("stg_rows__links") }}
    where
        (source = 'sheet' and column_name in ('name', 'link', 'type'))
        or (source = 'legacy_csv' and column_name = 'link')
)

select
    versions.row_id,
    versions.name,
    cells.email,
    cells.personality_type,
    links.url as source_link,
    links.canonical_url as source_link_canonical,
    versions.first_seen_at as created_at,
    versions.first_observed_at as updated_at,
    nullif(cells.email_address, '') as email_address,
    {{ type_part("cells.personality_type", "modality") }} as type_modality,
    {{ type_part("cells.personality_type", "functions") }} as type_functions,
    {{ type_part("cells.personality_type", "animals") }} as type_animals,
    cast({{ type_part("cells.personality_type", "number") }} as integer) as type_number,
    coalesce({{ matches("cells.personality_type", type_grammar()) }}, false) as type_is_standard,
    type_links.canonical_url as typing_document_link,
    versions.status,
    versions.notes,
    versions.source,
    versions.source = 'sheet' and versions.role = 'current' as in_sheet,
    case
        when versions.source = 'sheet' and versions.role != 'current' then snapshots.next_at
    end as left_sheet_at,
    cells.first_seen_in,
    versions.last_seen_at,
    cells.last_seen_in,
    versions.row_key as source_row_key,
    versions.name_key,
    cells.email_key
from versions
inner join cells on versions.row_id = cells.row_id
left join snapshots on cells.last_in_sheet_at = snapshots.observed_at
left join links
    on versions.row_key = links.row_key and not links.is_typing_document and links.link_rank = 1
left join links as type_links
    on versions.row_key = type_links.row_key
    and type_links.is_typing_document
    and type_links.link_rank = 1
where versions.version_rank = 1
