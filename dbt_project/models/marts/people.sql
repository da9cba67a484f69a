{{ after_checks() -}}
select
    row_id,
    name,
    email,
    personality_type,
    source_link,
    created_at,
    updated_at,
    status,
    notes,
    source,
    in_sheet,
    last_seen_at,
    source_row_key
from {{ ref("int_people") }}
