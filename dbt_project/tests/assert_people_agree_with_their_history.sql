-- Who is in the sheet is in people as the version that holds says. A version has nothing where its source
-- lacks a column; there people has what was last said.

with versions as (
    select * from {{ ref("people_history") }}
    where valid_to is null
)

select
    people.row_id,
    people.source_row_key as found_in,
    'people says ' || people.name || ', ' || coalesce(people.email, 'no e-mail') || ', '
    || coalesce(people.personality_type, 'no type') || '; people_history '
    || coalesce(versions.name, 'nobody') || ', ' || coalesce(versions.email, 'no e-mail') || ', '
    || coalesce(versions.personality_type, 'no type') as said
from {{ ref("people") }} as people
left join versions on people.row_id = versions.row_id
where
    people.in_sheet
    and (
        versions.row_id is null
        or versions.name is distinct from people.name
        or versions.email != people.email
        or versions.email is not null and people.email is null
        or versions.personality_type != people.personality_type
        or versions.personality_type is not null and people.personality_type is null
    )
