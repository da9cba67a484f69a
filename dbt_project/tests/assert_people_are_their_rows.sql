-- Everybody has the cells of a source row that is theirs, as it stands in raw: name, status, notes and
-- links of the row that they are taken from, e-mail and type of one of their rows.

with raw_rows as (
    select
        row_key,
        name,
        email,
        personality_type,
        status,
        notes
    from {{ ref("stg_sheet__rows") }}
    union all
    select
        row_key,
        name,
        email,
        personality_type,
        null as status,
        null as notes
    from {{ ref("stg_legacy__rows") }}
),

used as (
    select
        source_rows.row_id,
        raw_rows.*
    from {{ ref("int_source_rows") }} as source_rows
    left join raw_rows on source_rows.row_key = raw_rows.row_key
    where source_rows.disposition = 'used'
),

cells as (
    select distinct
        row_id,
        email,
        personality_type
    from used
),

links as (
    select
        row_key,
        column_name,
        url,
        canonical_url
    from {{ ref("stg_rows__links") }}
),

people as (
    select * from {{ ref("people") }}
)

select
    'people have used rows' as invariant,
    coalesce(people.row_id, used.row_id) as row_id,
    coalesce(people.source_row_key, used.row_key) as found_in,
    'people has ' || coalesce(people.name, 'nobody') as said
from people
full outer join used on people.row_id = used.row_id
where people.row_id is null or used.row_id is null

union all

select
    'people are as their row says' as invariant,
    people.row_id,
    people.source_row_key as found_in,
    'the row says ' || coalesce(used.name, 'nobody') || ', ' || coalesce(used.status, 'no status') as said
from people
left join used on people.source_row_key = used.row_key
where
    used.row_key is null
    or used.row_id != people.row_id
    or used.name is distinct from people.name
    or used.status is distinct from people.status
    or used.notes is distinct from people.notes

union all

select
    'e-mail and type are of their rows' as invariant,
    people.row_id,
    people.source_row_key as found_in,
    coalesce(people.email, 'no e-mail') || ', ' || coalesce(people.personality_type, 'no type') as said
from people
where
    not exists (
        select 1 from cells
        where cells.row_id = people.row_id and cells.email is not distinct from people.email
    )
    or not exists (
        select 1 from cells
        where
            cells.row_id = people.row_id
            and cells.personality_type is not distinct from people.personality_type
    )

union all

select
    'the typing document is linked to in the row' as invariant,
    people.row_id,
    people.source_row_key as found_in,
    coalesce(people.typing_document_link, 'no link') as said
from people
where
    people.source = 'sheet'
    and (people.typing_document_link is null) = exists (
        select 1 from links
        where links.row_key = people.source_row_key and links.column_name = 'type'
    )
    or people.typing_document_link is not null
    and not exists (
        select 1 from links
        where
            links.row_key = people.source_row_key
            and links.column_name = 'type'
            and people.typing_document_link in (links.url, links.canonical_url)
    )

union all

select
    'source_link is a link of the row' as invariant,
    people.row_id,
    people.source_row_key as found_in,
    people.source_link as said
from people
where
    people.source_link is not null
    and not exists (
        select 1 from links
        where
            links.row_key = people.source_row_key
            and people.source_link in (links.url, links.canonical_url)
    )
