{{ config(materialized="table") -}}
{{ after_checks() -}}
-- Assets with events that no used row asks for any more: the row went to quarantine, or the row id
-- has another person now. They stay in the archive; no person's content has them.

select
    cast(asset_id as uuid) as asset_id,
    person_row_id,
    {{ asset_type("provider", "asset_type") }} as asset_type,
    asset_type as asset_kind,
    provider,
    media_id,
    original_url,
    {{ download_status("download_status", "upload_status", "archived_by") }} as download_status,
    {{ upload_status("upload_status", "archived_by") }} as upload_status,
    local_path as local_file_path,
    cloud_url as cloud_storage_url,
    sha256,
    created_at,
    updated_at
from {{ ref("int_assets_as_built") }}
where not is_claimed
