-- Every raw row of every snapshot and file once: what became of it, and why.

with newest_first as (
    select
        snapshot_id,
        source || '#' || tab_gid as origin,
        observed_at,
        row_number() over (
            partition by source, tab_gid order by observed_at desc nulls last, snapshot_id desc
        ) as snapshot_age
    from {{ ref("stg_sheet__snapshots") }}
),

all_rows as (
    select
        'sheet' as source,
        newest_first.origin,
        stg_sheet__rows.snapshot_id as file_id,
        newest_first.observed_at,
        cast(null as bigint) as generation,
        newest_first.snapshot_age,
        stg_sheet__rows.row_key,
        stg_sheet__rows.sheet_row as line,
        stg_sheet__rows.is_header,
        stg_sheet__rows.content_sha256,
        stg_sheet__rows.cells,
        stg_sheet__rows.row_id,
        stg_sheet__rows.name,
        stg_sheet__rows.email,
        stg_sheet__rows.personality_type,
        stg_sheet__rows.status,
        stg_sheet__rows.notes,
        cast(null as text) as link
    from {{ ref("stg_sheet__rows") }}
    left join newest_first on stg_sheet__rows.snapshot_id = newest_first.snapshot_id

    union all

    select
        'legacy_csv' as source,
        'legacy_csv' as origin,
        stg_legacy__rows.file_sha256 as file_id,
        stg_legacy__files.file_mtime as observed_at,
        stg_legacy__rows.generation,
        cast(null as bigint) as snapshot_age,
        stg_legacy__rows.row_key,
        stg_legacy__rows.line,
        false as is_header,
        stg_legacy__rows.content_sha256,
        stg_legacy__rows.cells,
        stg_legacy__rows.row_id,
        stg_legacy__rows.name,
        stg_legacy__rows.email,
        stg_legacy__rows.personality_type,
        cast(null as text) as status,
        cast(null as text) as notes,
        stg_legacy__rows.link
    from {{ ref("stg_legacy__rows") }}
    left join {{ ref("stg_legacy__files") }}
        on stg_legacy__rows.file_sha256 = stg_legacy__files.file_sha256
),

texts as (
    select
        *,
        {{ trimmed("row_id") }} as row_id_text,
        {{ trimmed("name") }} as name_text,
        {{ trimmed("email") }} as email_text,
        {{ trimmed("personality_type") }} as type_text,
        {{ trimmed("status") }} as status_text,
        {{ normalised("name") }} as name_norm,
        {{ normalised("email") }} as email_norm
    from all_rows
),

-- What is wrong with a row by itself.
judged as (
    select
        *,
        case
            when is_header or lower(row_id_text) in ('#', 'row_id') then 'header row'
            when name_text = '---' or (status_text = '---' and row_id_text = '') then 'separator'
            when name_text || email_text || type_text = '' and row_id_text = '' then 'empty row'
            when name_text || email_text || type_text = '' then 'numbered ahead, nobody there yet'
            when row_id_text = '' and name_text = '' then 'no row id and no name'
            when row_id_text = '' then 'no row id'
            when name_text = '' then 'no name'
        end as fault,
        row_number() over (
            partition by source, origin, coalesce(content_sha256, row_key)
            order by generation desc nulls last, observed_at desc nulls last, file_id desc, line, row_key
        ) as copy_number,
        first_value(row_key) over (
            partition by source, origin, coalesce(content_sha256, row_key)
            order by generation desc nulls last, observed_at desc nulls last, file_id desc, line, row_key
        ) as representative_key,
        min(observed_at) over (
            partition by source, origin, coalesce(content_sha256, row_key)
        ) as first_observed_at
    from texts
),

sheet_people as (
    select
        row_id_text,
        name,
        name_norm,
        email_norm,
        row_number() over (
            partition by row_id_text
            order by
                case when snapshot_age = 1 then 0 else 1 end,
                observed_at desc nulls last,
                file_id desc,
                line,
                row_key
        ) as version_rank
    from judged
    where source = 'sheet' and fault is null
),

-- A legacy row belongs to a person of the sheet only if name or e-mail agree with the row id.
matched as (
    select
        judged.*,
        coalesce(
            judged.fault,
            case
                when judged.source = 'legacy_csv'
                    and judged.name_norm != sheet_people.name_norm
                    and (judged.email_norm != sheet_people.email_norm or judged.email_norm = '')
                    then 'row id ' || judged.row_id_text || ' is another person in the sheet: '
                        || sheet_people.name
            end
        ) as row_fault
    from judged
    left join sheet_people
        on judged.row_id_text = sheet_people.row_id_text and sheet_people.version_rank = 1
),

-- A row id stands once in a file: the topmost row has it.
topmost as (
    select
        *,
        min(case when row_fault is null then line end) over (
            partition by source, file_id, row_id_text
        ) as top_line
    from matched
),

disposed as (
    select
        *,
        case
            when copy_number > 1 then 'repeat'
            when row_fault is not null or line > top_line then 'quarantined'
            else 'used'
        end as disposition
    from topmost
)

select
    row_key,
    source,
    origin,
    file_id,
    line,
    generation,
    observed_at,
    first_observed_at,
    disposition,
    case
        when source = 'sheet' then case when snapshot_age = 1 then 'current' else 'history' end
        when
            row_number() over (
                partition by source, disposition, row_id_text
                order by
                    generation desc nulls last, observed_at desc nulls last, file_id desc, line, row_key
            ) = 1 then 'current'
        else 'history'
    end as role,
    case
        when disposition = 'repeat' then 'same as ' || representative_key
        when disposition = 'quarantined'
            then coalesce(
                row_fault,
                'row id ' || row_id_text || ' stands in row ' || cast(top_line as text)
                || ' and again, with other content, in row ' || cast(line as text)
            )
    end as reason,
    representative_key,
    row_id_text as row_id,
    name,
    email,
    personality_type,
    status,
    notes,
    link,
    content_sha256,
    cells
from disposed
