-- Whatever content a person has was found in a row with that person's own name or e-mail, or in one that
-- somebody accepted for that person.

select
    assets.asset_id,
    people.row_id,
    people.name,
    people.email,
    found_in.name as name_found,
    found_in.email as email_found
from {{ ref("int_expected_assets") }} as assets
inner join {{ ref("int_people") }} as people on assets.person_row_id = people.row_id
inner join {{ ref("int_row_texts") }} as found_in on assets.source_row_key = found_in.row_key
inner join {{ ref("int_source_rows") }} as used on found_in.row_key = used.row_key
where
    assets.is_claimed
    and (
        used.row_id != people.row_id
        or (
            not used.is_accepted
            and found_in.name_key != people.name_key
            and found_in.email_key != people.email_key
        )
    )
