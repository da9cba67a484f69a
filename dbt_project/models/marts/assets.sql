-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
select
    cast(assets.asset_id as uuid) as asset_id,
    assets.person_row_id,
    {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
    assets.original_url,
    assets.local_path as local_file_path,
    assets.cloud_url as cloud_storage_url,
    assets.media_id,
    assets.filename,
    assets.size_bytes as file_size_bytes,
    {{ download_status("assets.download_status", "assets.upload_status", "assets.archived_by") }}
        as download_status,
    cast({{ json_text({
        "row_id": "people.row_id",
        "row_index": "source_rows.line",
        "type": "people.personality_type",
        "name": "people.name",
        "email": "people.email",
        "source_row": "assets.source_row_key",
        "source_column": "assets.source_column",
        "url_as_found": "assets.url_as_found",
        "discovered": "cast(assets.discovered_details as json)",
        "download": "cast(assets.download_details as json)",
    }) }} as {{ json_type() }}) as metadata,
    assets.created_at,
    assets.updated_at,
    assets.provider,
    assets.asset_type as asset_kind,
    assets.mime_type,
    assets.sha256,
    {{ upload_status("assets.upload_status", "assets.archived_by") }} as upload_status,
    assets.verdict,
    assets.error_code,
    assets.error_message,
    assets.download_attempts,
    assets.upload_attempts,
    cast(assets.parent_asset_id as uuid) as parent_asset_id,
    assets.store,
    assets.bucket,
    assets.object_key,
    assets.is_wanted,
    assets.archived_by,
    assets.evidence,
    assets.legacy_status,
    assets.legacy_object_key,
    assets.legacy_object_uuid,
    assets.next_try_at,
    assets.is_provisional,
    assets.last_read_at,
    assets.left_at,
    assets.is_known_earlier
from {{ ref("int_assets_as_built") }} as assets
inner join {{ ref("int_people") }} as people on assets.person_row_id = people.row_id
left join {{ ref("int_source_rows") }} as source_rows
    on coalesce(assets.source_row_key, people.source_row_key) = source_rows.row_key
where assets.is_claimed
