{{ also_as_built() -}}
-- What the uploaders shall store now: the bytes are here, and no verified object of them is. An older version
-- was archived before there was a newer one, so it comes again only where a check found its object lost. With
-- what a key may be made of; attempts are counted on, for two versions of an asset may be sent at once.

with wanted as (
    select
        assets.*,
        versions.version,
        versions.local_path as version_path,
        versions.filename as version_filename,
        versions.size_bytes as version_bytes,
        versions.sha256 as version_sha256,
        versions.mime_type as version_mime_type,
        versions.data_folder as version_folder,
        versions.object_key is not null and not versions.is_archived as replaces_lost
    from {{ ref("int_assets") }} as assets
    inner join {{ ref("int_asset_versions") }} as versions on assets.asset_id = versions.asset_id
    where
        assets.is_claimed
        and versions.local_path is not null
        and (
            (
                versions.sha256 = assets.sha256
                and assets.download_status = 'completed'
                and (
                    assets.upload_status = 'pending'
                    or (
                        assets.upload_status = 'failed'
                        and coalesce(assets.verdict, 'retry') in ('retry', 'pause')
                    )
                )
            )
            or (
                coalesce(versions.sha256 != assets.sha256, true)
                and versions.object_key is not null
                and not versions.is_archived
            )
        )
)

select
    cast(wanted.asset_id as uuid) as asset_id,
    wanted.person_row_id,
    {{ asset_type("wanted.provider", "wanted.asset_type") }} as asset_type,
    wanted.asset_type as asset_kind,
    wanted.provider,
    wanted.media_id,
    wanted.version_path as local_file_path,
    wanted.version_filename as filename,
    wanted.version_bytes as file_size_bytes,
    wanted.version_sha256 as sha256,
    wanted.version_mime_type as mime_type,
    wanted.upload_attempts
    + row_number() over (partition by wanted.asset_id order by wanted.version) as attempt,
    wanted.version_folder as data_folder,
    wanted.replaces_lost,
    wanted.version > 1 as is_new_version,
    wanted.legacy_object_uuid,
    people.name
from wanted
left join {{ ref("int_people") }} as people on wanted.person_row_id = people.row_id
