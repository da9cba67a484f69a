-- What the legacy CSVs say of each asset: its state at attempt 0, below every event. Objects stay
-- where they are, whichever row told of them; a status is that of the person's newest row, a
-- text that of the newest row with one.

with newest_rows as (
    select
        row_key,
        row_number() over (
            partition by row_id
            order by
                generation desc nulls last,
                observed_at desc nulls last,
                file_id desc,
                line desc,
                row_key
        ) as row_rank
    from {{ ref("int_source_rows") }}
    where source = 'legacy_csv' and disposition = 'used'
),

ranked as (
    select
        claims.*,
        newest_rows.row_rank = 1 as is_newest,
        newest_rows.row_rank = min(
            case when claims.claim in ('document_text', 'extraction_failed') then newest_rows.row_rank end
        ) over (partition by claims.asset_id) as is_newest_text,
        row_number() over (
            partition by claims.asset_id, claims.claim, claims.standing
            order by newest_rows.row_rank, claims.claim_key
        ) as claim_rank
    from {{ ref("int_legacy_claims") }} as claims
    left join newest_rows on claims.row_key = newest_rows.row_key
    where claims.asset_id is not null and claims.standing in ('stands', 'contested', 'unverified')
),

states as (
    select
        asset_id,
        max(case when claim = 'upload' and standing = 'stands' then object_key end) as object_key,
        max(case when claim = 'upload' and standing = 'stands' then object_uuid end) as object_uuid,
        max(case when claim = 'file' and standing = 'stands' then file_name end) as file_name,
        max(case when claim = 'status' and standing = 'stands' and is_newest then words end) as status_words,
        max(case when claim = 'status' and standing = 'stands' and is_newest then verdict end)
            as status_verdict,
        max(case when claim = 'permanent_failure' and standing = 'stands' and is_newest then words end)
            as permanent_words,
        max(case when claim = 'extraction_failed' and standing = 'stands' and is_newest_text then words end)
            as extraction_words,
        max(case when standing = 'stands' then claimed_at end) as claimed_at,
        max(case when standing = 'stands' then 1 else 0 end) as standing_claims,
        max(case when standing = 'contested' then 1 else 0 end) as contested_claims
    from ranked
    where claim_rank = 1
    group by asset_id
)

select
    asset_id,
    case
        when object_key is not null then 'completed'
        when permanent_words is not null or extraction_words is not null then 'failed'
        when status_verdict is not null and file_name is null then 'failed'
    end as download_status,
    case
        when object_key is not null then null
        when permanent_words is not null then 'permanent'
        when extraction_words is not null then 'retry'
        when file_name is null then status_verdict
    end as verdict,
    coalesce(permanent_words, status_words, 'EXTRACTION_FAILED: ' || extraction_words) as words,
    file_name,
    object_uuid,
    object_key,
    claimed_at,
    case
        when object_key is null and contested_claims = 1 then 'contested'
        when standing_claims = 1 then 'legacy'
        else 'unverified'
    end as evidence
from states
