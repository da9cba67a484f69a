{{ config(materialized="table") -}}
{{ after_checks() -}}
-- People who may be one, or be taken for one another: an inbox or a name that several row ids have, one row
-- a group. They are never merged.

with people as (
    select
        row_id,
        name,
        name_key,
        email_address
    from {{ ref("int_people") }}
),

groups as (
    select
        'e-mail' as likeness,
        email_address as shared,
        count(*) as people,
        {{ listed("row_id") }} as row_ids,
        {{ listed("name") }} as names
    from people
    where email_address is not null
    group by email_address
    having count(*) > 1

    union all

    select
        'name' as likeness,
        min(name) as shared,
        count(*) as people,
        {{ listed("row_id") }} as row_ids,
        {{ listed("name") }} as names
    from people
    where name_key != ''
    group by name_key
    having count(*) > 1
)

-- Who share both are one group: "e-mail" comes before "name".
select
    min(likeness) || ' ' || (array_agg(shared order by likeness))[1] as lookalike_key,
    case when count(*) > 1 then 'name and e-mail' else min(likeness) end as likeness,
    (array_agg(shared order by likeness))[1] as shared,
    min(people) as people,
    row_ids,
    min(names) as names
from groups
group by row_ids
