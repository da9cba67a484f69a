-- What became of every raw row, and why. Rows with the same content are one row and its repeats. A
-- row id belongs to the person of its newest sheet row, so an older row is used only if it is
-- about that person: its content would be somebody else's otherwise.

with identified as (
    select
        row_texts.row_key,
        row_texts.source,
        row_texts.file_id,
        row_texts.is_newest_snapshot,
        row_texts.line,
        row_texts.place,
        row_texts.generation,
        row_texts.observed_at,
        row_texts.row_id != '' and accepted.row_id is null as is_numbered,
        accepted.row_id is not null as is_accepted,
        coalesce(legacy_files.is_apart, false) as is_apart,
        coalesce(accepted.row_id, matches.row_id, row_texts.row_id) as row_id,
        row_texts.row_id_text,
        row_texts.name,
        row_texts.email,
        row_texts.personality_type,
        row_texts.status,
        row_texts.notes,
        row_texts.name_key,
        row_texts.first_name_key,
        row_texts.email_key,
        row_texts.email_address,
        row_texts.content_key,
        row_texts.cells,
        case
            when accepted.row_id is not null then null
            when row_texts.fault = 'no row id' then matches.reason
            else row_texts.fault
        end as fault
    from {{ ref("int_row_texts") }} as row_texts
    left join {{ ref("int_row_matches") }} as matches
        on row_texts.content_key = matches.content_key and row_texts.fault = 'no row id'
    left join {{ ref("int_accepted_rows") }} as accepted
        on row_texts.source = accepted.source
        and row_texts.content_key = accepted.content_key
        and accepted.is_accepted
    left join {{ ref("int_legacy_files") }} as legacy_files on row_texts.file_id = legacy_files.file_id
),

copies as (
    select
        *,
        row_number() over same_content as copy_number,
        first_value(row_key) over same_content as representative_key,
        first_value(place) over (
            partition by source, content_key
            order by observed_at nulls last, file_id, line
        ) as first_place,
        min(observed_at) over (partition by source, content_key) as first_observed_at
    from identified
    window same_content as (
        partition by source, content_key
        order by generation desc nulls last, observed_at desc nulls last, file_id desc, line, row_key
    )
),

-- A row id stands once in a file: the newest content has it. Of contents that were first observed
-- together, in a sheet the topmost is the newest, in a CSV, which grows at its end, the last. Rows that
-- were matched to a row id are others.
usable as (
    select
        *,
        copy_number = 1 and fault is null and is_numbered as is_candidate
    from copies
),

placed as (
    select
        *,
        case
            when is_candidate
                then first_value(line) over (
                    partition by source, file_id, row_id, is_candidate
                    order by
                        first_observed_at desc nulls last,
                        case when source = 'sheet' then line else -line end
                )
        end as newest_line
    from usable
),

-- Who has each row id now: nobody from a file of test data, while another source says otherwise.
holders as (
    select
        row_id,
        name,
        name_key,
        first_name_key,
        email_key,
        source,
        row_number() over (
            partition by row_id
            order by
                case when source = 'sheet' then 0 else 1 end,
                is_apart,
                generation desc nulls last,
                observed_at desc nulls last,
                file_id desc,
                row_key
        ) as holder_rank
    from placed
    where is_candidate and line = newest_line
),

-- Where each name stands together with its e-mail now.
pairs as (
    select
        name_key,
        email_key,
        min(row_id) as row_id
    from holders
    where holder_rank = 1
    group by name_key, email_key
),

-- Names get mended and e-mails change. So it is the same person if the name is the same, or the
-- e-mail and the first name are; but not if name and e-mail stand together under another row id.
compared as (
    select
        placed.*,
        holders.row_id is not null as is_held,
        case
            when placed.is_numbered and placed.row_id_text != placed.row_id
                then ' (written ' || placed.row_id_text || ')'
            else ''
        end as written_as,
        holders.name as holder_name,
        holders.source as holder_source,
        case
            when placed.name_key = holders.name_key and placed.email_key = holders.email_key then true
            when pairs.row_id is not null then false
            when placed.name_key = holders.name_key then true
            else
                placed.email_key != ''
                and placed.email_key = holders.email_key
                and placed.first_name_key = holders.first_name_key
        end as is_holder
    from placed
    left join holders on placed.row_id = holders.row_id and holders.holder_rank = 1
    left join pairs on placed.name_key = pairs.name_key and placed.email_key = pairs.email_key
),

-- Rows of somebody else under the same row id supersede none of the holder's.
own as (
    select
        *,
        case
            when is_candidate and is_holder
                then first_value(line) over (
                    partition by source, file_id, row_id, is_candidate, is_holder
                    order by
                        first_observed_at desc nulls last,
                        case when source = 'sheet' then line else -line end
                )
            else newest_line
        end as superseding_line
    from compared
),

explained as (
    select
        *,
        case
            when fault is not null then fault
            when is_accepted and (is_held or name_key != '') then null
            when is_accepted then 'accepted for row id ' || row_id || ', whom nobody has'
            when line != superseding_line
                then
                    'row id ' || row_id || written_as || ' stands in row ' || cast(superseding_line as text)
                    || ' and again, with other content, in row ' || cast(line as text)
            when not is_holder
                then
                    'row id ' || row_id || written_as || ' is another person in the newest '
                    || case when holder_source = 'sheet' then 'sheet' else 'legacy file' end
                    || ': ' || holder_name
        end as reason,
        fault is null and is_candidate and line != superseding_line and is_holder as is_superseded
    from own
),

disposed as (
    select
        *,
        case
            when copy_number > 1 then 'repeat'
            when reason is not null then 'quarantined'
            else 'used'
        end as disposition
    from explained
),

ordered as (
    select
        *,
        case
            when source = 'legacy_csv' and disposition = 'used'
                then row_number() over (
                    partition by source, disposition, row_id
                    order by
                        case when is_numbered then 0 else 1 end,
                        generation desc nulls last,
                        observed_at desc nulls last,
                        file_id desc,
                        line desc,
                        row_key
                )
        end as age_rank
    from disposed
)

select
    row_key,
    source,
    file_id,
    line,
    place,
    first_place,
    generation,
    observed_at,
    first_observed_at,
    disposition,
    case
        when disposition != 'used' then 'none'
        when is_newest_snapshot then 'current'
        when age_rank = 1 then 'current'
        else 'history'
    end as role,
    age_rank,
    case when disposition = 'repeat' then 'same as ' || representative_key else reason end as reason,
    representative_key,
    is_numbered,
    is_accepted,
    coalesce(disposition = 'quarantined' and is_superseded, false) as is_superseded,
    row_id,
    name,
    email,
    personality_type,
    name_key,
    email_key,
    email_address,
    status,
    notes,
    cells
from ordered
