select
    claim_key,
    row_key,
    row_id,
    claim,
    side,
    provider,
    media_id,
    asset_kind,
    asset_id,
    words,
    file_name,
    object_uuid,
    object_key,
    claimed_at,
    verdict,
    standing
from {{ source("raw", "legacy_claims") }}
where {{ is_loaded() }}
