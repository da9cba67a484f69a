-- Every raw row of every snapshot and file, side by side, and what is wrong with it by itself.

with snapshots as (
    select
        snapshot_id,
        observed_at,
        row_number() over (order by observed_at desc nulls last, snapshot_id desc) = 1 as is_newest
    from {{ ref("stg_sheet__snapshots") }}
),

all_rows as (
    select
        'sheet' as source,
        stg_sheet__rows.snapshot_id as file_id,
        coalesce(snapshots.is_newest, false) as is_newest_snapshot,
        snapshots.observed_at,
        cast(null as bigint) as generation,
        stg_sheet__rows.row_key,
        stg_sheet__rows.sheet_row as line,
        stg_sheet__rows.is_header,
        stg_sheet__rows.content_sha256,
        stg_sheet__rows.cells,
        stg_sheet__rows.row_id as row_id_as_found,
        stg_sheet__rows.name,
        stg_sheet__rows.email,
        stg_sheet__rows.personality_type,
        stg_sheet__rows.status,
        stg_sheet__rows.notes
    from {{ ref("stg_sheet__rows") }}
    left join snapshots on stg_sheet__rows.snapshot_id = snapshots.snapshot_id

    union all

    select
        'legacy_csv' as source,
        stg_legacy__rows.file_sha256 as file_id,
        false as is_newest_snapshot,
        stg_legacy__files.file_mtime as observed_at,
        stg_legacy__rows.generation,
        stg_legacy__rows.row_key,
        stg_legacy__rows.line,
        false as is_header,
        stg_legacy__rows.content_sha256,
        stg_legacy__rows.cells,
        stg_legacy__rows.row_id as row_id_as_found,
        stg_legacy__rows.name,
        stg_legacy__rows.email,
        stg_legacy__rows.personality_type,
        cast(null as text) as status,
        cast(null as text) as notes
    from {{ ref("stg_legacy__rows") }}
    left join {{ ref("stg_legacy__files") }}
        on stg_legacy__rows.file_sha256 = stg_legacy__files.file_sha256
),

texts as (
    select
        *,
        {{ trimmed("row_id_as_found") }} as row_id,
        {{ trimmed("name") }} as name_text,
        {{ trimmed("email") }} || {{ trimmed("personality_type") }} as other_text,
        {{ trimmed("status") }} as status_text,
        {{ normalised("name") }} as name_key,
        {{ normalised("email") }} as email_key
    from all_rows
)

select
    row_key,
    source,
    file_id,
    is_newest_snapshot,
    line,
    generation,
    observed_at,
    row_id,
    name,
    email,
    personality_type,
    status,
    notes,
    name_key,
    email_key,
    coalesce(content_sha256, row_key) as content_key,
    cells,
    case
        when is_header or lower(row_id) in ('#', 'row_id') then 'header row'
        when other_text = '' and name_text in ('', '---') and '---' in (name_text, status_text)
            then 'separator'
        when name_text || other_text = '' and row_id = '' then 'empty row'
        when name_text || other_text = '' then 'numbered ahead, nobody there yet'
        when row_id = '' and name_text = '' then 'no row id and no name'
        when row_id = '' then 'no row id'
        when name_text = '' then 'no name'
    end as fault
from texts
