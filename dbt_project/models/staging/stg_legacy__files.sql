select
    file_sha256,
    file_name,
    file_path,
    file_mtime,
    generation,
    header,
    encoding,
    line_end,
    row_count,
    content_sha256
from {{ source("raw", "legacy_csv_files") }}
where {{ is_loaded() }}
