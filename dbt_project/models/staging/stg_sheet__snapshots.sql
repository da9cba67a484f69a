select
    snapshot_id,
    source,
    coalesce(tab_gid, '') as tab_gid,
    tab_title,
    observed_at,
    content_sha256,
    row_count,
    previous_id,
    snapshot_number,
    notice,
    _dlt_load_id as load_id
from {{ source("raw", "sheet_snapshots") }}
where {{ is_loaded() }}
