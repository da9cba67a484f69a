select
    link_key,
    row_key,
    source,
    row_id,
    column_name,
    position,
    url,
    canonical_url,
    provider,
    link_type,
    media_id,
    asset_kind,
    coalesce(asset_kinds, asset_kind, '') as asset_kinds,
    asset_id,
    is_content,
    rule,
    coalesce(shows_canonical, rule is null) as shows_canonical
from {{ source("raw", "links") }}
where {{ is_loaded() }}
