{{ config(materialized="table") -}}
{{ after_checks() -}}
-- People who may be one, or be taken for one another: an inbox or a name that two row ids have. They
-- are never merged.

with people as (
    select
        row_id,
        name,
        name_key,
        email_address
    from {{ ref("int_people") }}
),

pairs as (
    select
        people.row_id,
        others.row_id as other_row_id,
        people.name,
        others.name as other_name,
        people.email_address,
        others.email_address as other_email_address,
        people.name_key = others.name_key as same_name,
        coalesce(people.email_address = others.email_address, false) as same_email
    from people
    inner join people as others on people.row_id < others.row_id
    where people.name_key = others.name_key or people.email_address = others.email_address
)

select
    row_id || ' ' || other_row_id as lookalike_key,
    row_id,
    other_row_id,
    name,
    other_name,
    email_address,
    other_email_address,
    case
        when same_name and same_email then 'name and e-mail'
        when same_email then 'e-mail'
        else 'name'
    end as likeness
from pairs
