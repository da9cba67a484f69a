-- An asset id stands for one person's copy of one medium, whoever mentions it.

with mentions as (
    select
        asset_id,
        row_id,
        provider,
        media_id,
        asset_kind
    from {{ ref("stg_links") }}
    where asset_id is not null

    union

    select
        asset_id,
        row_id,
        provider,
        media_id,
        asset_kind
    from {{ ref("stg_asset_events") }}
    where asset_id is not null
)

select
    asset_id,
    min(row_id) as row_id,
    max(row_id) as other_row_id
from mentions
group by asset_id
having count(*) > 1
