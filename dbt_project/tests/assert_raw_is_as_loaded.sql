-- Raw is as it was loaded: each row has the cells and the values that its hashes were made of, each snapshot
-- and file has its rows, and the first table that is made of them says the same.

with raw_rows as (
    select
        'sheet' as source,
        snapshot_id as file_id,
        row_key,
        sheet_row as line,
        name,
        email,
        type as personality_type,
        cells,
        content_sha256,
        {{ sha256_of("cells") }} as cells_sha256,
        values_sha256 as loaded_values_sha256,
        {{ sha256_of(raw_values("sheet_rows")) }} as found_values_sha256,
        '[' || cast(sheet_row as text) || ',"' || content_sha256 || '"]' as row_mark
    from {{ source("raw", "sheet_rows") }}
    where {{ is_loaded() }}
    union all
    select
        'legacy_csv' as source,
        file_sha256 as file_id,
        row_key,
        line,
        name,
        email,
        type as personality_type,
        cells,
        content_sha256,
        {{ sha256_of("cells") }} as cells_sha256,
        values_sha256 as loaded_values_sha256,
        {{ sha256_of(raw_values("legacy_csv_rows")) }} as found_values_sha256,
        '[' || cast(line as text) || ',"' || content_sha256 || '","' || {{ sha256_of("record_text") }} || '"]'
            as row_mark
    from {{ source("raw", "legacy_csv_rows") }}
    where {{ is_loaded() }}
),

files as (
    select
        snapshot_id as file_id,
        'the snapshot of ' || cast(observed_at as text) as file_name,
        row_count,
        content_sha256
    from {{ ref("stg_sheet__snapshots") }}
    union all
    select
        file_sha256 as file_id,
        file_name,
        row_count,
        content_sha256
    from {{ ref("stg_legacy__files") }}
),

file_marks as (
    select
        file_id,
        count(*) as row_count,
        string_agg(row_mark, ',' order by line) as row_marks
    from raw_rows
    group by file_id
)

select
    'a row has the cells that were loaded' as invariant,
    raw_rows.row_key as found_in,
    files.file_name,
    raw_rows.line,
    'its cells have another hash' as said
from raw_rows
left join files on raw_rows.file_id = files.file_id
where raw_rows.cells_sha256 != raw_rows.content_sha256

union all

select
    'a row has the values that were loaded' as invariant,
    raw_rows.row_key as found_in,
    files.file_name,
    raw_rows.line,
    'it says ' || coalesce(raw_rows.name, '') || ', ' || coalesce(raw_rows.email, '') || ', '
    || coalesce(raw_rows.personality_type, '') as said
from raw_rows
left join files on raw_rows.file_id = files.file_id
where raw_rows.found_values_sha256 != raw_rows.loaded_values_sha256

union all

select
    'a file has the rows that were loaded' as invariant,
    files.file_id as found_in,
    files.file_name,
    cast(null as bigint) as line,
    cast(coalesce(file_marks.row_count, 0) as text) || ' rows of ' || cast(files.row_count as text) as said
from files
left join file_marks on files.file_id = file_marks.file_id
where
    files.row_count != coalesce(file_marks.row_count, 0)
    or files.content_sha256 != {{ sha256_of("'[' || coalesce(file_marks.row_marks, '') || ']'") }}

union all

select
    'the tables are made of the rows' as invariant,
    coalesce(raw_rows.row_key, row_texts.row_key) as found_in,
    files.file_name,
    coalesce(raw_rows.line, row_texts.line) as line,
    'the table says ' || coalesce(row_texts.name, '') || ', ' || coalesce(row_texts.email, '') || ', '
    || coalesce(row_texts.personality_type, '') as said
from raw_rows
full outer join {{ ref("int_row_texts") }} as row_texts on raw_rows.row_key = row_texts.row_key
left join files on coalesce(raw_rows.file_id, row_texts.file_id) = files.file_id
where
    raw_rows.row_key is null
    or row_texts.row_key is null
    or row_texts.name is distinct from raw_rows.name
    or row_texts.email is distinct from raw_rows.email
    or row_texts.personality_type is distinct from raw_rows.personality_type
    or row_texts.cells is distinct from raw_rows.cells
