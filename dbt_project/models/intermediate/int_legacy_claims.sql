-- What the legacy rows say happened, and what it is worth. A claim stands if its own row is used, if
-- the person's rows ask for the asset that it is about, if no other row claims the same object, or this
-- one alone has the better evidence for it, and if nobody looked for that in vain.

with found as (
    select
        claims.claim_key,
        claims.row_key,
        source_rows.row_id,
        source_rows.disposition,
        source_rows.reason as row_reason,
        source_rows.file_id,
        source_rows.line,
        source_rows.generation,
        source_rows.observed_at,
        claims.claim,
        claims.side,
        claims.provider,
        claims.media_id,
        claims.asset_kind,
        case
            when coalesce(source_rows.is_accepted, false) then links.asset_id
            else coalesce(claims.asset_id, links.asset_id)
        end as asset_id,
        claims.words,
        claims.file_name,
        claims.object_uuid,
        claims.object_key,
        claims.claimed_at,
        claims.verdict,
        case
            when claims.claim = 'upload' and claims.standing = 'unverified' and evidence.claim_key is not null
                then 'claimed'
            else claims.standing
        end as standing,
        coalesce(evidence.strength, 0) as strength,
        evidence.words as evidence,
        case
            when source_rows.disposition = 'used' then source_rows.row_id
            when source_rows.name_key = people.name_key then source_rows.row_id
            else source_rows.row_id || ' (' || coalesce(source_rows.name, '') || ')'
        end as claimant
    from {{ ref("stg_legacy__claims") }} as claims
    inner join {{ ref("int_source_rows") }} as source_rows on claims.row_key = source_rows.row_key
    left join {{ ref("int_people") }} as people on source_rows.row_id = people.row_id
    left join {{ ref("int_claim_evidence") }} as evidence on claims.claim_key = evidence.claim_key
    -- a row was matched to a person or accepted for one, and its links with it
    left join {{ ref("int_row_links") }} as links
        on (claims.asset_id is null or coalesce(source_rows.is_accepted, false))
        and claims.row_key = links.row_key
        and claims.provider = links.provider
        and claims.media_id = links.media_id
        and claims.asset_kind = links.asset_kind
        and source_rows.row_id = links.row_id
        and links.is_content
    where source_rows.disposition != 'repeat'
),

deduplicated as (
    select
        *,
        row_number() over (partition by claim_key order by asset_id) as copy_number
    from found
),

claims as (
    select * from deduplicated
    where copy_number = 1
),

objects as (
    select
        object_uuid as object_name,
        claimant,
        asset_id,
        strength,
        evidence
    from claims
    where object_uuid is not null

    union all

    select
        object_key as object_name,
        claimant,
        asset_id,
        strength,
        evidence
    from claims
    where object_key is not null
),

ranked as (
    select
        *,
        claimant || ' ' || coalesce(asset_id, '') as contender,
        max(strength) over (partition by object_name) as best
    from objects
),

-- The winner of an object is the one contender with the best evidence, if there is any.
contested as (
    select
        object_name,
        {{ listed("claimant") }} as claimants,
        count(distinct claimant) as claimant_count,
        case
            when max(best) > 0 and count(distinct case when strength = best then contender end) = 1
                then min(case when strength = best then contender end)
        end as winner,
        min(case when strength = best then claimant end) as winning_claimant,
        min(case when strength = best then evidence end) as winning_evidence
    from ranked
    group by object_name
    having count(distinct claimant) > 1 or count(distinct asset_id) > 1
),

judged as (
    select
        claims.*,
        coalesce(by_uuid.claimants, by_key.claimants) as claimants,
        coalesce(by_uuid.claimant_count, by_key.claimant_count) as claimant_count,
        coalesce(by_uuid.winning_claimant, by_key.winning_claimant) as winning_claimant,
        coalesce(by_uuid.winning_evidence, by_key.winning_evidence) as winning_evidence,
        (by_uuid.object_name is not null and by_uuid.winner is null)
        or (by_key.object_name is not null and by_key.winner is null) as is_contested,
        claims.claimant || ' ' || coalesce(claims.asset_id, '') != coalesce(by_uuid.winner, '')
        and by_uuid.winner is not null
        or claims.claimant || ' ' || coalesce(claims.asset_id, '') != coalesce(by_key.winner, '')
        and by_key.winner is not null as is_outdone
    from claims
    left join contested as by_uuid on claims.object_uuid = by_uuid.object_name
    left join contested as by_key on claims.object_key = by_key.object_name
),

explained as (
    select
        claims.*,
        case
            when claims.disposition = 'quarantined' then 'its row is in quarantine: ' || claims.row_reason
            when claims.standing = 'nothing'
                then 'a failure of nothing: the row has no link that it could be about'
            when claims.is_outdone and claims.claimant_count = 1
                then
                    'the row claims the same object for two media, and evidence gives it to the other: '
                    || claims.winning_evidence
            when claims.is_outdone
                then
                    'the rows ' || claims.claimants || ' claim the same object, and evidence gives it to row '
                    || claims.winning_claimant || ': ' || claims.winning_evidence
            when claims.is_contested and claims.claimant_count > 1
                then 'the rows ' || claims.claimants || ' claim the same object'
            when claims.is_contested then 'the row claims the same object for two media'
            when claims.claim = 'upload' and claims.object_key is null and claims.standing = 'claimed'
                then 's3_paths has no key for its object'
            when looked_for.is_refuted then 'its object was looked for: ' || looked_for.error_message
            when claims.claim = 'file' and claims.standing = 'unverified' then 'a web page saved as a file'
            when claims.claim = 'upload' and claims.object_uuid is null
                then 'the cell can''t be read as a mapping, neither as JSON nor as Python writes one'
            when claims.standing = 'unverified'
                then 'nothing else in the row, no other row of the person and no list supports it'
            when claims.claim = 'status' and claims.asset_id is null
                then 'a status of nothing: the row has no link that it could be about'
            when claims.asset_id is null then 'no medium is known for it'
            when assets.asset_id is null
                then 'no link of this person leads to this medium, or only through what was not listed yet'
        end as reason,
        coalesce(looked_for.is_refuted, false) as is_refuted
    from judged as claims
    left join {{ ref("int_expected_assets") }} as assets
        on claims.asset_id = assets.asset_id and assets.is_claimed
    left join {{ ref("int_legacy_objects") }} as looked_for
        on claims.claim = 'upload'
        and claims.asset_id = looked_for.asset_id
        and claims.object_key = looked_for.object_key
)

select
    claim_key,
    row_key,
    file_id,
    line,
    row_id,
    asset_id,
    claim,
    side,
    provider,
    media_id,
    asset_kind,
    words,
    file_name,
    object_uuid,
    object_key,
    claimed_at,
    verdict,
    case
        when reason is null then 'stands'
        when disposition = 'quarantined' then 'quarantined'
        when standing = 'nothing' or (claim = 'status' and asset_id is null) then 'nothing'
        when is_contested then 'contested'
        else 'unverified'
    end as standing,
    reason,
    evidence,
    is_refuted,
    generation,
    observed_at
from explained
