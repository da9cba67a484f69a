-- What the legacy rows say happened, and what it is worth. A claim stands if its own row is used, if
-- the person's rows ask for the asset that it is about, if no other row claims the same object, and if
-- nobody looked for that in vain.

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
        coalesce(claims.asset_id, links.asset_id) as asset_id,
        claims.words,
        claims.file_name,
        claims.object_uuid,
        claims.object_key,
        claims.claimed_at,
        claims.verdict,
        claims.standing,
        case
            when source_rows.disposition = 'used' then source_rows.row_id
            when source_rows.name_key = people.name_key then source_rows.row_id
            else source_rows.row_id || ' (' || coalesce(source_rows.name, '') || ')'
        end as claimant
    from {{ ref("stg_legacy__claims") }} as claims
    inner join {{ ref("int_source_rows") }} as source_rows on claims.row_key = source_rows.row_key
    left join {{ ref("int_people") }} as people on source_rows.row_id = people.row_id
    -- a row without a row id was matched to a person, and its links with it
    left join {{ ref("stg_links") }} as links
        on claims.asset_id is null
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
        asset_id
    from claims
    where object_uuid is not null

    union all

    select
        object_key as object_name,
        claimant,
        asset_id
    from claims
    where object_key is not null
),

contested as (
    select
        object_name,
        {{ listed("claimant") }} as claimants,
        count(distinct claimant) as claimant_count
    from objects
    group by object_name
    having count(distinct claimant) > 1 or count(distinct asset_id) > 1
),

explained as (
    select
        claims.*,
        case
            when claims.disposition = 'quarantined' then 'its row is in quarantine: ' || claims.row_reason
            when claims.standing = 'nothing'
                then 'a failure of nothing: the row has no link that it could be about'
            when coalesce(by_uuid.claimant_count, by_key.claimant_count) > 1
                then 'the rows ' || coalesce(by_uuid.claimants, by_key.claimants) || ' claim the same object'
            when coalesce(by_uuid.claimant_count, by_key.claimant_count) = 1
                then 'the row claims the same object for two media'
            when claims.claim = 'upload' and claims.object_key is null and claims.standing = 'claimed'
                then 's3_paths has no key for its object'
            when looked_for.is_refuted then 'its object was looked for: ' || looked_for.error_message
            when claims.claim = 'file' and claims.standing = 'unverified' then 'a web page saved as a file'
            when claims.standing = 'unverified' then 'nothing else in the row supports it'
            when claims.claim = 'status' and claims.asset_id is null
                then 'a status of nothing: the row has no link that it could be about'
            when claims.asset_id is null then 'no medium is known for it'
            when assets.asset_id is null
                then 'no link of this person leads to this medium, or only through what was not listed yet'
        end as reason,
        by_uuid.object_name is not null or by_key.object_name is not null as is_contested,
        coalesce(looked_for.is_refuted, false) as is_refuted
    from claims
    left join contested as by_uuid on claims.object_uuid = by_uuid.object_name
    left join contested as by_key on claims.object_key = by_key.object_name
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
    is_refuted,
    generation,
    observed_at
from explained
