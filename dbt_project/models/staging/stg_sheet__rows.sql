select
    row_key,
    snapshot_id,
    sheet_row,
    coalesce(is_header, false) as is_header,
    content_sha256,
    cells,
    row_id,
    name,
    email,
    type as personality_type,
    status,
    notes
from {{ source("raw", "sheet_rows") }}
where {{ is_loaded() }}
