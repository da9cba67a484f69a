-- The ids of assets and sessions are UUIDs, as the marts have them.

with ids as (
    select asset_id as id from {{ ref("stg_events__asset_events") }}
    union
    select parent_asset_id from {{ ref("stg_events__asset_events") }}
    union
    select session_id from {{ ref("stg_events__asset_events") }}
    union
    select asset_id from {{ ref("stg_rows__links") }}
)

select * from ids
where not {{ matches("id", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$") }}
