{{ after_checks() -}}
-- One row a medium, however many people have it.

with assets as (
    select
        *,
        {{ download_status("download_status", "upload_status", "archived_by") }} as status
    from {{ ref("int_assets_as_built") }}
    where is_claimed
),

ranked as (
    select
        *,
        row_number() over (
            partition by provider, media_id, asset_type
            order by
                case status when 'uploaded' then 0 when 'downloaded' then 1 else 2 end,
                updated_at desc,
                asset_id
        ) as medium_rank
    from assets
)

select
    provider || ':' || media_id || ':' || asset_type as medium_key,
    provider,
    media_id,
    {{ asset_type("provider", "asset_type") }} as asset_type,
    asset_type as asset_kind,
    min(original_url) as original_url,
    count(*) as asset_count,
    {{ listed("person_row_id") }} as row_ids,
    case
        when count(case when status = 'uploaded' then 1 end) > 0 then 'uploaded'
        when count(case when status = 'downloaded' then 1 end) > 0 then 'downloaded'
        when count(case when status = 'pending' then 1 end) > 0 then 'pending'
        else 'failed'
    end as download_status,
    count(case when status = 'uploaded' then 1 end) > 0 as is_archived,
    max(case when medium_rank = 1 then sha256 end) as sha256,
    count(distinct sha256) as sha256_count,
    max(case when medium_rank = 1 then size_bytes end) as file_size_bytes,
    max(case when medium_rank = 1 then local_path end) as local_file_path,
    max(case when medium_rank = 1 then cloud_url end) as cloud_storage_url
from ranked
group by provider, media_id, asset_type
