{{ also_as_built() -}}
-- The files that a check found missing or with other bytes and whose bytes are in the archive: a run
-- brings them back, older versions too.

select
    cast(versions.asset_id as uuid) as asset_id,
    assets.person_row_id,
    assets.provider,
    assets.media_id,
    {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
    assets.asset_type as asset_kind,
    assets.original_url,
    assets.download_attempts + 1 as attempt,
    versions.lost_path as local_file_path,
    versions.filename,
    versions.mime_type,
    versions.size_bytes as file_size_bytes,
    versions.sha256,
    versions.store,
    versions.object_key,
    versions.data_folder,
    versions.version,
    coalesce(versions.sha256 = assets.sha256, false) as is_current
from {{ ref("int_asset_versions") }} as versions
inner join {{ ref("int_assets") }} as assets on versions.asset_id = assets.asset_id
where versions.lost_path is not null and versions.is_archived
