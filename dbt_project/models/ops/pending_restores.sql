-- The files that a check found missing or with other bytes and whose bytes are in the archive: a run
-- brings them back.

select
    cast(asset_id as uuid) as asset_id,
    person_row_id,
    provider,
    media_id,
    {{ asset_type("provider", "asset_type") }} as asset_type,
    asset_type as asset_kind,
    original_url,
    download_attempts + 1 as attempt,
    lost_path as local_file_path,
    filename,
    mime_type,
    size_bytes as file_size_bytes,
    sha256,
    store,
    object_key,
    data_folder
from {{ ref("int_assets") }}
where lost_path is not null and archived_by = 'rowkeeper'
