-- An outcome names its asset and its attempt; a success names the bytes, an upload and a drop where they
-- are or were; a check has its number.

select *
from {{ ref("stg_events__asset_events") }}
where
    event_type in {{ outcome_events() }}
    and (
        asset_id is null
        or row_id is null
        or attempt < 1
        or (event_type in ('downloaded', 'uploaded') and sha256 is null)
        or (
            event_type in ('file_verified', 'file_lost', 'object_verified', 'object_lost')
            and check_number is null
        )
        or (event_type in ('uploaded', 'object_found', 'object_refuted') and object_key is null)
        or (event_type = 'file_dropped' and local_path is null)
    )
