-- What was assumed while the sources were read: of the newest look at the sheet, and of each legacy file.

select
    snapshots.snapshot_id as file_id,
    'sheet' as source,
    snapshots.source as file,
    snapshots.notice
from {{ ref("stg_sheet__snapshots") }} as snapshots
where
    snapshots.notice != ''
    and snapshots.snapshot_id in (
        select file_id from {{ ref("int_row_texts") }}
        where is_newest_snapshot
    )

union all

select
    file_sha256 as file_id,
    'legacy_csv' as source,
    file_name as file,
    file_name || ' ' || notice || '.' as notice
from {{ ref("stg_legacy__files") }}
where notice != ''
