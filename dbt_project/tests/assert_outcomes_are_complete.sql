-- An outcome names its asset and its attempt; a success names the bytes and where they are; a check
-- has its number.

select *
from {{ ref("stg_asset_events") }}
where
    event_type in (
        'downloaded', 'download_failed', 'uploaded', 'upload_failed',
        'file_verified', 'file_lost', 'object_verified', 'object_lost'
    )
    and (
        asset_id is null
        or row_id is null
        or attempt < 1
        or (event_type in ('downloaded', 'uploaded') and sha256 is null)
        or (
            event_type in ('file_verified', 'file_lost', 'object_verified', 'object_lost')
            and check_number is null
        )
        or (event_type = 'downloaded' and local_path is null)
        or (event_type = 'uploaded' and object_key is null)
    )
