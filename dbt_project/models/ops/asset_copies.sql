{{ also_as_built() -}}
-- Each content that an asset has had and where its copies are at this moment: what the commands ask.

select
    asset_id,
    sha256,
    version,
    first_attempt,
    last_attempt,
    filename,
    mime_type,
    size_bytes,
    details,
    data_folder,
    local_path,
    lost_path,
    dropped_path,
    object_attempt,
    store,
    object_key,
    cloud_url,
    is_archived,
    file_checks,
    file_checked_at,
    object_checks,
    object_checked_at
from {{ ref("int_asset_versions") }}
