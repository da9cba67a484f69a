-- Row ids that several rows of the newest snapshot have, the same content or not.

{{ config(severity="warn") }}

with newest as (
    select
        *,
        count(*) over (partition by row_id) as row_count
    from {{ ref("int_row_texts") }}
    where is_newest_snapshot and fault is null
)

select * from newest
where row_count > 1
