-- A link names the row id of the very row that it was found in, or that the row was once accepted for.

with row_ids as (
    select
        source_rows.row_key,
        source_rows.row_id,
        accepted.content_key is not null as was_accepted
    from {{ ref("int_source_rows") }} as source_rows
    inner join {{ ref("int_row_texts") }} as row_texts on source_rows.row_key = row_texts.row_key
    left join {{ ref("int_accepted_rows") }} as accepted
        on row_texts.source = accepted.source and row_texts.content_key = accepted.content_key
)

select links.*
from {{ ref("int_row_links") }} as links
left join row_ids on links.row_key = row_ids.row_key
where
    row_ids.row_key is null
    or (links.row_id != '' and links.row_id != row_ids.row_id and not row_ids.was_accepted)
