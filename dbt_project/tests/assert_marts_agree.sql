-- The published tables say the same of the same: whose an asset is, who that is, what has become of it,
-- and how many there are.

with people as (
    select
        row_id,
        name,
        email,
        personality_type
    from {{ ref("people") }}
),

assets as (
    select
        *,
        asset_kind not in ('playlist', 'folder') as is_counted,
        cast(metadata as json) ->> 'row_id' as context_row_id,
        cast(metadata as json) ->> 'name' as context_name,
        cast(metadata as json) ->> 'email' as context_email,
        cast(metadata as json) ->> 'type' as context_type
    from {{ ref("assets") }}
),

named as (
    select
        'person_content names the person' as invariant,
        row_id,
        cast(asset_id as text) as found_in,
        name,
        email,
        personality_type
    from {{ ref("person_content") }}
    union all
    select
        'assets.metadata names the person' as invariant,
        person_row_id as row_id,
        cast(asset_id as text) as found_in,
        context_name as name,
        context_email as email,
        context_type as personality_type
    from assets
    union all
    select
        'coverage names the person' as invariant,
        row_id,
        name as found_in,
        name,
        email,
        personality_type
    from {{ ref("coverage") }}
    union all
    select
        'failures names the person' as invariant,
        failures.person_row_id as row_id,
        failures.failure_key as found_in,
        failures.name,
        failures.email,
        people.personality_type
    from {{ ref("failures") }} as failures
    left join people on failures.person_row_id = people.row_id
    union all
    select
        'everybody is in coverage' as invariant,
        people.row_id,
        people.name as found_in,
        case when coverage.row_id is not null then people.name end as name,
        people.email,
        people.personality_type
    from people
    left join {{ ref("coverage") }} as coverage on people.row_id = coverage.row_id
),

counted as (
    select
        person_row_id as row_id,
        count(*) as expected,
        count(case when download_status in ('downloaded', 'uploaded') then 1 end) as held,
        count(case when download_status = 'uploaded' then 1 end) as archived,
        count(case when upload_status = 'claimed' then 1 end) as claimed,
        count(case when download_status = 'failed' then 1 end) as failed,
        count(case when download_status = 'pending' then 1 end) as missing
    from assets
    where is_wanted and is_counted and (left_at is null or download_status in ('downloaded', 'uploaded'))
    group by person_row_id
),

earlier as (
    select
        person_row_id as row_id,
        count(*) as known,
        count(case when is_counted and download_status != 'uploaded' then 1 end) as waiting
    from assets
    where is_known_earlier and left_at is null
    group by person_row_id
),

of_media as (
    select
        provider,
        media_id,
        asset_kind,
        min(asset_type) as asset_type,
        count(*) as asset_count,
        {{ listed("person_row_id") }} as row_ids,
        count(case when download_status = 'uploaded' then 1 end) > 0 as is_archived,
        min(
            case download_status
                when 'uploaded' then 1 when 'downloaded' then 2 when 'pending' then 3 else 4
            end
        ) as furthest
    from assets
    group by provider, media_id, asset_kind
),

failed_assets as (
    select * from {{ ref("failures") }}
    where asset_id is not null
),

failed_links as (
    select * from {{ ref("failures") }}
    where asset_id is null
),

unsupported as (
    select
        links.link_key,
        links.row_id,
        links.url
    from {{ ref("links") }} as links
    inner join people on links.row_id = people.row_id
    where links.fate = 'unsupported' and links.is_current
)

select
    named.invariant,
    named.row_id,
    named.found_in,
    'it says ' || coalesce(named.name, 'nobody') || ', ' || coalesce(named.email, 'no e-mail') || ', '
    || coalesce(named.personality_type, 'no type') as said
from named
left join people on named.row_id = people.row_id
where
    people.row_id is null
    or named.name is distinct from people.name
    or named.email is distinct from people.email
    or named.personality_type is distinct from people.personality_type

union all

select
    'person_content has the assets' as invariant,
    coalesce(content.row_id, assets.person_row_id) as row_id,
    cast(coalesce(content.asset_id, assets.asset_id) as text) as found_in,
    'assets has it for row ' || coalesce(assets.person_row_id, 'none') || ', person_content for row '
    || coalesce(content.row_id, 'none') as said
from assets
full outer join {{ ref("person_content") }} as content on assets.asset_id = content.asset_id
where
    content.asset_id is null
    or assets.asset_id is null
    or content.row_id != assets.person_row_id
    or content.asset_type != assets.asset_type
    or content.asset_kind != assets.asset_kind
    or content.provider != assets.provider
    or content.media_id is distinct from assets.media_id
    or content.original_url is distinct from assets.original_url
    or content.download_status != assets.download_status
    or content.archived != (assets.download_status = 'uploaded')
    or content.archived_by is distinct from assets.archived_by
    or content.local_file_path is distinct from assets.local_file_path
    or content.cloud_storage_url is distinct from assets.cloud_storage_url

union all

select
    'assets.metadata is of its row' as invariant,
    person_row_id as row_id,
    cast(asset_id as text) as found_in,
    'metadata has row ' || coalesce(context_row_id, 'none') as said
from assets
where context_row_id is distinct from person_row_id

union all

select
    'coverage counts the assets' as invariant,
    coverage.row_id,
    coverage.row_id as found_in,
    cast(coverage.expected as text) || ' expected, but assets has '
    || cast(coalesce(counted.expected, 0) as text) as said
from {{ ref("coverage") }} as coverage
left join counted on coverage.row_id = counted.row_id
left join earlier on coverage.row_id = earlier.row_id
where
    coverage.expected != coalesce(counted.expected, 0)
    or coverage.held != coalesce(counted.held, 0)
    or coverage.archived != coalesce(counted.archived, 0)
    or coverage.claimed != coalesce(counted.claimed, 0)
    or coverage.failed != coalesce(counted.failed, 0)
    or coverage.missing != coalesce(counted.missing, 0)
    or coverage.known_earlier != coalesce(earlier.known, 0)
    or (coverage.is_complete and (coverage.archived < coverage.expected or earlier.waiting > 0))

union all

select
    'media has the assets' as invariant,
    coalesce(of_media.row_ids, media.row_ids) as row_id,
    coalesce(media.medium_key, of_media.provider || ':' || of_media.media_id || ':' || of_media.asset_kind)
        as found_in,
    'media has it for rows ' || coalesce(media.row_ids, 'none') || ', assets for rows '
    || coalesce(of_media.row_ids, 'none') as said
from of_media
full outer join {{ ref("media") }} as media
    on
    of_media.provider = media.provider
    and of_media.media_id = media.media_id
    and of_media.asset_kind = media.asset_kind
where
    media.media_id is null
    or of_media.media_id is null
    or media.asset_type != of_media.asset_type
    or media.asset_count != of_media.asset_count
    or media.row_ids != of_media.row_ids
    or media.is_archived != of_media.is_archived
    or media.download_status != case of_media.furthest
        when 1 then 'uploaded' when 2 then 'downloaded' when 3 then 'pending' else 'failed'
    end

union all

select
    'failures has what failed' as invariant,
    coalesce(assets.person_row_id, failures.person_row_id) as row_id,
    cast(coalesce(assets.asset_id, failures.asset_id) as text) as found_in,
    'assets says ' || coalesce(assets.download_status, 'nothing') as said
from assets
full outer join failed_assets as failures on assets.asset_id = failures.asset_id
where
    assets.asset_id is null
    or failures.person_row_id != assets.person_row_id
    or failures.asset_kind != assets.asset_kind
    or (failures.asset_id is null) = ('failed' in (assets.download_status, assets.upload_status))
    or (failures.asset_id is not null and failures.error_code is distinct from assets.error_code)

union all

select
    'failures has the links that nothing fetches' as invariant,
    coalesce(unsupported.row_id, failures.person_row_id) as row_id,
    coalesce(unsupported.link_key, failures.failure_key) as found_in,
    'links has ' || coalesce(unsupported.url, 'none') as said
from unsupported
full outer join failed_links as failures on unsupported.link_key = failures.failure_key
where
    unsupported.link_key is null
    or failures.failure_key is null
    or failures.person_row_id != unsupported.row_id
    or failures.original_url is distinct from unsupported.url
