{{ config(materialized="table") -}}
{{ after_checks() -}}
-- Every raw row that no table uses, with the reason in words.

select
    row_key,
    source,
    file_id,
    line,
    reason,
    row_id,
    name,
    email,
    personality_type,
    observed_at,
    cells,
    not is_superseded
    and reason not in ('header row', 'separator', 'empty row', 'numbered ahead, nobody there yet')
    and reason not like '{{ left_out() }}%' as needs_mending
from {{ ref("int_source_rows") }}
where disposition = 'quarantined'
