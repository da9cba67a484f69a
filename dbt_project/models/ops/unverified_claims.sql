{{ config(materialized="table") -}}
{{ after_checks() -}}
-- What the legacy CSVs say and no table takes for a fact, with the reason in words.

select
    claims.claim_key,
    claims.standing,
    claims.reason,
    claims.claim,
    claims.words,
    claims.row_id,
    people.name,
    claims.provider,
    claims.media_id,
    claims.file_name,
    claims.object_uuid,
    claims.object_key,
    claims.claimed_at,
    files.file_name as legacy_file,
    claims.line
from {{ ref("int_legacy_claims") }} as claims
left join {{ ref("int_people") }} as people on claims.row_id = people.row_id
left join {{ ref("stg_legacy__files") }} as files on claims.file_id = files.file_sha256
where
    claims.standing in ('contested', 'unverified')
    or (claims.standing = 'nothing' and claims.verdict is not null)
