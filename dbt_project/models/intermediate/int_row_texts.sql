-- Every raw row of every snapshot and file, side by side, and what is wrong with it by itself. A row that
-- a version before raw.row_keys loaded is compared by its texts as they stand until it is read again.

with snapshots as (
    select * from {{ ref("int_snapshots") }}
),

-- A file that came with a snapshot was there before it, whatever the clocks say.
first_after as (
    select
        load_id,
        min(observed_at) - interval '1 microsecond' as latest
    from snapshots
    group by load_id
),

all_rows as (
    select
        'sheet' as source,
        sheet_rows.snapshot_id as file_id,
        coalesce(snapshots.is_newest, false) as is_newest_snapshot,
        snapshots.observed_at,
        cast(null as bigint) as generation,
        cast(null as text) as file_name,
        sheet_rows.row_key,
        sheet_rows.sheet_row as line,
        'sheet, row ' || cast(sheet_rows.sheet_row as text) as place,
        sheet_rows.is_header,
        sheet_rows.content_sha256,
        sheet_rows.cells,
        sheet_rows.row_id as row_id_as_found,
        sheet_rows.name,
        sheet_rows.email,
        sheet_rows.personality_type,
        sheet_rows.status,
        sheet_rows.notes
    from {{ ref("stg_sheet__rows") }} as sheet_rows
    left join snapshots on sheet_rows.snapshot_id = snapshots.snapshot_id

    union all

    select
        'legacy_csv' as source,
        legacy_rows.file_sha256 as file_id,
        false as is_newest_snapshot,
        case
            when legacy_files.file_mtime > first_after.latest then first_after.latest
            else legacy_files.file_mtime
        end as observed_at,
        legacy_rows.generation,
        legacy_files.file_name,
        legacy_rows.row_key,
        legacy_rows.line,
        coalesce(legacy_files.file_name, '') || ', line ' || cast(legacy_rows.line as text) as place,
        coalesce(legacy_rows.is_header, false) as is_header,
        legacy_rows.content_sha256,
        legacy_rows.cells,
        legacy_rows.row_id as row_id_as_found,
        legacy_rows.name,
        legacy_rows.email,
        legacy_rows.personality_type,
        cast(null as text) as status,
        cast(null as text) as notes
    from {{ ref("stg_legacy__rows") }} as legacy_rows
    left join {{ ref("stg_legacy__files") }} as legacy_files
        on legacy_rows.file_sha256 = legacy_files.file_sha256
    left join first_after on legacy_files.load_id = first_after.load_id
),

texts as (
    select
        all_rows.*,
        {{ trimmed("all_rows.row_id_as_found") }} as row_id_text,
        coalesce(row_keys.row_id, {{ trimmed("all_rows.row_id_as_found") }}) as row_id,
        {{ trimmed("all_rows.name") }} as name_text,
        {{ trimmed("all_rows.email") }} || {{ trimmed("all_rows.personality_type") }} as other_text,
        {{ trimmed("all_rows.status") }} as status_text,
        coalesce(row_keys.name_key, {{ trimmed("all_rows.name") }}) as name_key,
        coalesce(row_keys.first_name_key, split_part({{ trimmed("all_rows.name") }}, ' ', 1))
            as first_name_key,
        coalesce(row_keys.email_key, {{ trimmed("all_rows.email") }}) as email_key,
        coalesce(row_keys.type_key, {{ trimmed("all_rows.personality_type") }}) as type_key,
        coalesce(
            row_keys.email_address,
            case when row_keys.email_key like '%_@_%._%' then row_keys.email_key end
        ) as email_address
    from all_rows
    left join {{ ref("stg_rows__row_keys") }} as row_keys on all_rows.row_key = row_keys.row_key
),

-- A row that names nobody and has a link is not empty: the link is somebody's, of a row above it or
-- of merged cells, and has to be mended.
with_links as (
    select distinct row_key
    from {{ ref("stg_rows__links") }}
    where coalesce(rule, '') = ''
),

ruled as (
    select
        texts.*,
        texts.name_text || texts.other_text = '' as is_nobody,
        with_links.row_key is not null as has_link,
        {{ ignoring_rule("texts.file_name", "texts.row_id") }} as ignored_by
    from texts
    left join with_links on texts.row_key = with_links.row_key
)

select
    row_key,
    source,
    file_id,
    is_newest_snapshot,
    line,
    place,
    generation,
    observed_at,
    row_id,
    row_id_text,
    name,
    email,
    personality_type,
    status,
    notes,
    name_key,
    first_name_key,
    email_key,
    type_key,
    email_address,
    coalesce(content_sha256, row_key) as content_key,
    cells,
    case
        when ignored_by is not null then '{{ left_out() }}: ' || ignored_by
        when is_header then 'header row'
        when source = 'legacy_csv' and generation is null
            then
                'row has ' || cast(json_array_length(cast(cells as json)) as text)
                || ' fields, which fits no generation'
        when lower(row_id) in ('#', 'row_id') then 'header row'
        when row_id = '' and name_key = 'name' and email_key in ('email', 'e-mail') then 'header row'
        when other_text = '' and name_text in ('', '---') and '---' in (name_text, status_text)
            then 'separator'
        when is_nobody and not has_link and row_id = '' then 'empty row'
        when is_nobody and not has_link then 'numbered ahead, nobody there yet'
        when row_id = '' and name_key = '' then 'no row id and no name'
        when row_id = '' then 'no row id'
        when name_key = '' then 'no name'
    end as fault
from ruled
