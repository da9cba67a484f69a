-- What became of each row of the sheets and the legacy files, repeats among them.

select
    row_key,
    source,
    file_id,
    line,
    observed_at,
    disposition,
    reason,
    representative_key,
    is_accepted,
    is_superseded,
    row_id,
    name,
    cells,
    generation
from {{ ref("int_source_rows") }}
