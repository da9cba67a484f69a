-- Whose the rows without a row id are, by evidence: a link to content that one person alone has, if
-- name or e-mail agree; else name, e-mail and type together. A name alone is never enough.

with row_texts as (
    select
        row_key,
        row_id,
        name_key,
        email_key,
        type_key,
        content_key,
        fault
    from {{ ref("int_row_texts") }}
),

unnumbered as (
    select
        content_key,
        min(row_key) as row_key,
        min(name_key) as name_key,
        min(email_key) as email_key,
        min(type_key) as type_key
    from row_texts
    where fault = 'no row id'
    group by content_key
),

people as (
    select distinct
        row_id,
        name_key,
        email_key,
        type_key
    from row_texts
    where fault is null
),

content as (
    select distinct
        row_texts.content_key,
        row_texts.row_id,
        links.canonical_url
    from {{ ref("stg_rows__links") }} as links
    inner join row_texts on links.row_key = row_texts.row_key
    where
        links.is_content and links.asset_kinds != ''
        and (row_texts.fault is null or row_texts.fault = 'no row id')
),

evidence as (
    select distinct
        unnumbered.content_key,
        people.row_id,
        1 as evidence_rank
    from unnumbered
    inner join content as own on unnumbered.content_key = own.content_key
    inner join content as others on own.canonical_url = others.canonical_url and others.row_id != ''
    inner join people on others.row_id = people.row_id
    where
        people.name_key = unnumbered.name_key
        or (people.email_key = unnumbered.email_key and people.email_key != '')

    union all

    select distinct
        unnumbered.content_key,
        people.row_id,
        2 as evidence_rank
    from unnumbered
    inner join people
        on unnumbered.name_key = people.name_key
        and unnumbered.email_key = people.email_key
        and unnumbered.type_key = people.type_key
    where people.email_key != ''
),

best as (
    select
        content_key,
        evidence_rank,
        min(row_id) as row_id,
        count(*) as candidates,
        {{ listed("row_id") }} as row_ids,
        row_number() over (partition by content_key order by evidence_rank) as choice
    from evidence
    group by content_key, evidence_rank
)

select
    unnumbered.content_key,
    case when best.candidates = 1 then best.row_id end as row_id,
    case best.evidence_rank
        when 1 then 'a link that the person has, and the name or the e-mail'
        when 2 then 'name, e-mail and type together'
    end as evidence,
    case
        when best.candidates is null
            then 'no row id, and nobody has its link, or its name, e-mail and type together'
        when best.candidates > 1
            then 'no row id, and it could be of any of the row ids ' || best.row_ids
    end as reason
from unnumbered
left join best on unnumbered.content_key = best.content_key and best.choice = 1
