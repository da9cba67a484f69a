-- An asset id stands for one person's copy of one medium, whoever mentions it. What it was identified as
-- is a second name of the same.

with mentions as (
    select
        asset_id,
        row_id,
        provider,
        media_id,
        asset_kind
    from {{ ref("int_row_links") }}
    where asset_id is not null

    union

    select
        asset_id,
        row_id,
        provider,
        media_id,
        asset_kind
    from {{ ref("stg_events__asset_events") }}
    where asset_id is not null
),

identified as (
    select distinct
        asset_id,
        cast(details as json) ->> 'provider' as provider,
        cast(details as json) ->> 'asset_kind' as asset_kind
    from {{ ref("stg_events__asset_events") }}
    where event_type = 'identified'
)

select
    mentions.asset_id,
    min(mentions.row_id) as row_id,
    max(mentions.row_id) as other_row_id
from mentions
left join identified
    on
    mentions.asset_id = identified.asset_id
    and mentions.provider = identified.provider
    and mentions.asset_kind = identified.asset_kind
where identified.asset_id is null
group by mentions.asset_id
having count(*) > 1
