-- Every link of every row, and those of matched rows once more, under their person's row id.

select * from {{ ref("stg_rows__links") }}
union all
select * from {{ ref("int_matched_links") }}
