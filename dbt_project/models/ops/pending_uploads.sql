-- What the uploaders shall store now: the bytes are here, and no verified object of them is.

select
    asset_id,
    person_row_id,
    asset_type,
    provider,
    media_id,
    local_path as local_file_path,
    filename,
    size_bytes as file_size_bytes,
    sha256,
    mime_type,
    upload_attempts + 1 as attempt,
    data_folder,
    is_object_lost as replaces_lost
from {{ ref("int_assets") }}
where
    is_claimed
    and download_status = 'completed'
    and (
        upload_status = 'pending'
        or (upload_status = 'failed' and coalesce(verdict, 'retry') in ('retry', 'pause'))
    )
