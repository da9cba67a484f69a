-- The objects that the old system claims, and how often somebody has looked for each.

select
    claims.claim_key,
    claims.asset_id,
    claims.object_key,
    claims.standing,
    claims.evidence,
    claims.is_refuted,
    coalesce(found.attempt, 0) as looks
from {{ ref("int_legacy_claims") }} as claims
left join {{ ref("int_legacy_objects") }} as found
    on claims.asset_id = found.asset_id and claims.object_key = found.object_key
where claims.claim = 'upload'
