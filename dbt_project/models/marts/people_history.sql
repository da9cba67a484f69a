-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
select
    version_key,
    row_id,
    version,
    name,
    email,
    personality_type,
    source_link,
    source,
    first_seen_in,
    valid_from,
    valid_to
from {{ ref("int_person_versions") }}
