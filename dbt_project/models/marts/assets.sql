{{ config(post_hook="{{ references_people('person_row_id') }}") -}}
-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
select
    asset_id,
    person_row_id,
    asset_type,
    original_url,
    local_path as local_file_path,
    cloud_url as cloud_storage_url,
    media_id,
    filename,
    size_bytes as file_size_bytes,
    download_status,
    cast(metadata as json) as metadata,
    created_at,
    updated_at,
    provider,
    mime_type,
    sha256,
    upload_status,
    verdict,
    error_code,
    error_message,
    download_attempts,
    upload_attempts,
    parent_asset_id,
    store,
    bucket,
    object_key,
    is_wanted,
    archived_by,
    evidence,
    legacy_status,
    legacy_object_key,
    legacy_object_uuid,
    next_try_at
from {{ ref("int_assets") }}
where is_claimed
