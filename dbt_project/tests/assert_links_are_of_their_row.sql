-- A link names the row id of the very row that it was found in.

with row_ids as (
    select
        row_key,
        row_id
    from {{ ref("int_source_rows") }}
)

select links.*
from {{ ref("stg_links") }} as links
left join row_ids on links.row_key = row_ids.row_key
where row_ids.row_key is null or (links.row_id != '' and links.row_id != row_ids.row_id)
