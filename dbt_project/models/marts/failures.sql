-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
-- What was not fetched or not archived, why, how often, and what to do next: assets that failed, and links
-- that ask for none because nothing can fetch them.

with failed as (
    select
        *,
        case when download_status = 'failed' then 'download' else 'upload' end as stage
    from {{ ref("int_assets_as_built") }}
    where is_claimed and 'failed' in (download_status, upload_status)
),

unsupported as (
    select * from {{ ref("int_links") }}
    where fate = 'unsupported' and is_current
)

select
    cast(failed.asset_id as text) as failure_key,
    cast(failed.asset_id as uuid) as asset_id,
    failed.person_row_id,
    people.name,
    people.email,
    {{ asset_type("failed.provider", "failed.asset_type") }} as asset_type,
    failed.asset_type as asset_kind,
    failed.provider,
    failed.original_url,
    failed.stage,
    failed.error_code,
    failed.error_message,
    failed.verdict,
    case
        when not failed.is_wanted and failed.is_known_earlier
            then 'nothing, or rowkeeper run --known-earlier: only an earlier row asks for it'
        when not failed.is_wanted then 'nothing: no current row asks for it any more'
        when failed.verdict = 'permanent' then 'put another link into the sheet: it is gone for good'
        when failed.verdict = 'needs_person' then 'mend what it names, then run rowkeeper retry'
        when failed.verdict = 'pause' then 'wait: the site asks for a pause; a later run tries again'
        when failed.next_try_at is not null then 'nothing: a run after next_try_at tries again'
        else 'nothing: the next run tries again'
    end as next_step,
    case when failed.is_wanted then failed.next_try_at end as next_try_at,
    case failed.stage
        when 'download' then failed.download_attempts
        else failed.upload_attempts
    end as attempts,
    failed.evidence,
    failed.updated_at as last_failed_at
from failed
inner join {{ ref("int_people") }} as people on failed.person_row_id = people.row_id

union all

select
    unsupported.link_key as failure_key,
    cast(null as uuid) as asset_id,
    unsupported.row_id as person_row_id,
    people.name,
    people.email,
    cast(null as text) as asset_type,
    cast(null as text) as asset_kind,
    unsupported.provider,
    unsupported.url as original_url,
    'link' as stage,
    'unsupported_link' as error_code,
    unsupported.reason as error_message,
    'needs_person' as verdict,
    case
        when unsupported.link_type = 'shortened'
            then 'open it, and put the address that it leads to into the sheet'
        else 'put a link into the sheet that can be fetched, or keep the content by hand'
    end as next_step,
    cast(null as timestamptz) as next_try_at,
    cast(0 as bigint) as attempts,
    case when unsupported.source = 'legacy_csv' then 'legacy' else 'live' end as evidence,
    cast(null as timestamptz) as last_failed_at
from unsupported
inner join {{ ref("int_people") }} as people on unsupported.row_id = people.row_id
