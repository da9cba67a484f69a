{{ after_checks() -}}
select
    link_key,
    source,
    file,
    place,
    row_key,
    row_id,
    column_name,
    position,
    url,
    canonical_url,
    provider,
    link_type,
    media_id,
    fate,
    reason,
    is_current,
    occurrences
from {{ ref("int_links") }}
