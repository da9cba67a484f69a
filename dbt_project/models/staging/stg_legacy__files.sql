select
    file_sha256,
    file_name,
    file_path,
    file_mtime,
    generation,
    header,
    encoding,
    notice,
    line_end,
    row_count,
    content_sha256,
    _dlt_load_id as load_id
from {{ source("raw", "legacy_csv_files") }}
where {{ is_loaded() }}
