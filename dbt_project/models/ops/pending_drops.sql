-- The files that the data folder need not keep: every asset that has one is archived. A run removes
-- them where upload.keep_local is off, and those that were only made to be archived in any case.

with files as (
    select
        *,
        coalesce(local_path, lost_path) as path,
        coalesce(local_path is not null and archived_by = 'rowkeeper', false) as is_archived
    from {{ ref("int_assets") }}
    where coalesce(local_path, lost_path) is not null
),

shared as (
    select
        *,
        min(case when is_archived then 1 else 0 end) over (partition by path) as all_archived,
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
    file_attempt as attempt,
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
where all_archived = 1
