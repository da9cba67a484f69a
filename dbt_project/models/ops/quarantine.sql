{{ after_checks() -}}
{{ config(materialized="table") -}}
select
    row_key,
    source,
    file_id,
    line,
    reason,
    role,
    row_id,
    name,
    email,
    personality_type,
    observed_at,
    cells
from {{ ref("int_source_rows") }}
where disposition = 'quarantined'
