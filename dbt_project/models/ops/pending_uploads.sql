-- What the uploaders shall store now: the bytes are here, and no verified object of them is. With what
-- a key may be made of.

select
    cast(assets.asset_id as uuid) as asset_id,
    assets.person_row_id,
    {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
    assets.asset_type as asset_kind,
    assets.provider,
    assets.media_id,
    assets.local_path as local_file_path,
    assets.filename,
    assets.size_bytes as file_size_bytes,
    assets.sha256,
    assets.mime_type,
    assets.upload_attempts + 1 as attempt,
    assets.data_folder,
    assets.is_object_lost as replaces_lost,
    assets.has_other_content and not assets.is_object_lost as is_new_version,
    assets.legacy_object_uuid,
    people.name
from {{ ref("int_assets") }} as assets
left join {{ ref("int_people") }} as people on assets.person_row_id = people.row_id
where
    assets.is_claimed
    and assets.download_status = 'completed'
    and (
        assets.upload_status = 'pending'
        or (assets.upload_status = 'failed' and coalesce(assets.verdict, 'retry') in ('retry', 'pause'))
    )
