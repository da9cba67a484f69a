-- Each claim of the legacy CSVs is judged once, each that is no fact is listed, and a fact is claimed by a
-- row of its person. An object is nobody's fact twice.

with raw_claims as (
    select
        claims.claim_key,
        claims.row_key,
        claims.claim,
        claims.object_key,
        claims.object_uuid,
        source_rows.row_id,
        source_rows.disposition
    from {{ ref("stg_legacy__claims") }} as claims
    left join {{ ref("int_source_rows") }} as source_rows on claims.row_key = source_rows.row_key
),

judged as (
    select
        claim_key,
        standing,
        asset_id,
        row_id,
        claim,
        object_key,
        object_uuid,
        verdict,
        reason
    from {{ ref("int_legacy_claims") }}
),

listed as (
    select
        claim_key,
        standing,
        reason
    from {{ ref("unverified_claims") }}
),

facts as (
    select
        cast(asset_id as text) as asset_id,
        person_row_id,
        legacy_object_key,
        legacy_object_uuid
    from {{ ref("assets") }}
    where legacy_object_key is not null or legacy_object_uuid is not null
)

select
    'each claim is judged once' as invariant,
    coalesce(raw_claims.row_id, judged.row_id) as row_id,
    coalesce(raw_claims.claim_key, judged.claim_key) as found_in,
    'raw has it: ' || case when raw_claims.claim_key is null then 'no' else 'yes' end as said
from raw_claims
full outer join judged on raw_claims.claim_key = judged.claim_key
where
    raw_claims.claim_key is null
    or raw_claims.disposition is null
    or (raw_claims.disposition != 'repeat' and judged.claim_key is null)
    or judged.object_key is distinct from raw_claims.object_key and judged.claim_key is not null

union all

select
    'what is no fact is listed' as invariant,
    judged.row_id,
    coalesce(judged.claim_key, listed.claim_key) as found_in,
    'it is ' || coalesce(judged.standing, 'nowhere') || ', listed as ' || coalesce(listed.standing, 'nothing')
        as said
from judged
full outer join listed on judged.claim_key = listed.claim_key
where
    (
        judged.standing in ('contested', 'unverified')
        or (judged.standing = 'nothing' and judged.verdict is not null)
        or listed.claim_key is not null
    )
    and (
        listed.claim_key is null
        or judged.claim_key is null
        or listed.standing != judged.standing
        or listed.reason is distinct from judged.reason
        or judged.standing = 'stands'
    )

union all

select
    'a fact is claimed by a row of its person' as invariant,
    facts.person_row_id as row_id,
    facts.asset_id as found_in,
    coalesce(facts.legacy_object_key, facts.legacy_object_uuid) as said
from facts
where
    not exists (
        select 1
        from judged
        inner join raw_claims on judged.claim_key = raw_claims.claim_key
        where
            judged.asset_id = facts.asset_id
            and judged.standing = 'stands'
            and raw_claims.row_id = facts.person_row_id
            and raw_claims.object_key is not distinct from facts.legacy_object_key
    )

union all

select
    'an object is one asset''s' as invariant,
    min(facts.person_row_id) as row_id,
    min(facts.asset_id) as found_in,
    facts.legacy_object_key as said
from facts
where facts.legacy_object_key is not null
group by facts.legacy_object_key
having count(*) > 1

union all

select
    'an object of two claimants is no fact' as invariant,
    min(judged.row_id) as row_id,
    min(judged.claim_key) as found_in,
    judged.object_key as said
from judged
where judged.standing = 'stands' and judged.claim = 'upload' and judged.object_key is not null
group by judged.object_key
having count(distinct judged.asset_id) > 1
