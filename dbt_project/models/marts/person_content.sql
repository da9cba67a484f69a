-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
select
    people.row_id,
    people.name,
    people.email,
    people.personality_type,
    cast(assets.asset_id as uuid) as asset_id,
    {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
    assets.asset_type as asset_kind,
    assets.provider,
    assets.media_id,
    assets.original_url,
    {{ download_status("assets.download_status", "assets.upload_status", "assets.archived_by") }}
        as download_status,
    assets.local_path as local_file_path,
    assets.cloud_url as cloud_storage_url,
    {{ is_archived("assets.upload_status", "assets.archived_by") }} as archived,
    assets.archived_by
from {{ ref("int_people") }} as people
inner join {{ ref("int_assets_as_built") }} as assets on people.row_id = assets.person_row_id
where assets.is_claimed
