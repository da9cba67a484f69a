{{ also_as_built() -}}
-- The files that the data folder need not keep, whatever their version: every asset that has one is
-- archived. A run removes them where upload.keep_local is off, and those that were only made to be archived
-- in any case.

with files as (
    select
        versions.*,
        assets.person_row_id,
        assets.provider,
        assets.media_id,
        assets.asset_type,
        coalesce(versions.local_path, versions.lost_path) as path,
        versions.local_path is not null and versions.is_archived as is_needless
    from {{ ref("int_asset_versions") }} as versions
    inner join {{ ref("int_assets") }} as assets on versions.asset_id = assets.asset_id
    where coalesce(versions.local_path, versions.lost_path) is not null
),

shared as (
    select
        *,
        min(case when is_needless then 1 else 0 end) over (partition by path) as all_needless,
        min(case when is_temporary then 1 else 0 end) over (partition by path) as all_temporary
    from files
)

select
    cast(asset_id as uuid) as asset_id,
    person_row_id,
    provider,
    media_id,
    {{ asset_type("provider", "asset_type") }} as asset_type,
    asset_type as asset_kind,
    last_attempt as attempt,
    path as local_file_path,
    data_folder,
    sha256,
    size_bytes as file_size_bytes,
    mime_type,
    store,
    object_key,
    object_attempt,
    all_temporary = 1 as is_temporary
from shared
where all_needless = 1
