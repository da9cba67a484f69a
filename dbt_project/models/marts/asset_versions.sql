-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
-- The contents that each asset has had, one row each: a document or a list that changed, a recording that was
-- not final. None takes the place of another, in the data folder or in the archive.

select
    versions.asset_id || '#' || cast(versions.version as text) as version_key,
    cast(versions.asset_id as uuid) as asset_id,
    versions.version,
    assets.person_row_id,
    {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
    assets.asset_type as asset_kind,
    versions.sha256,
    versions.size_bytes as file_size_bytes,
    versions.filename,
    versions.mime_type,
    versions.sha256 = assets.sha256 as is_current,
    versions.is_provisional,
    versions.is_archived,
    versions.local_path as local_file_path,
    versions.store,
    versions.object_key,
    versions.cloud_url as cloud_storage_url,
    versions.first_read_at,
    versions.last_downloaded_at
from {{ ref("int_asset_versions_as_built") }} as versions
inner join {{ ref("int_assets_as_built") }} as assets on versions.asset_id = assets.asset_id
where assets.is_claimed
