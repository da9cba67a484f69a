{{ after_checks() -}}
-- One row a medium, however many people have it.

with ranked as (
    select
        *,
        row_number() over (
            partition by provider, media_id, asset_type
            order by
                case
                    when upload_status = 'completed' then 0
                    when download_status = 'completed' then 1
                    else 2
                end,
                updated_at desc,
                asset_id
        ) as medium_rank
    from {{ ref("int_assets") }}
    where is_claimed
)

select
    provider || ':' || media_id || ':' || asset_type as medium_key,
    provider,
    media_id,
    asset_type,
    min(original_url) as original_url,
    count(*) as asset_count,
    {{ listed("person_row_id") }} as row_ids,
    case
        when count(case when download_status = 'completed' then 1 end) > 0 then 'completed'
        when count(case when download_status = 'pending' then 1 end) > 0 then 'pending'
        else 'failed'
    end as download_status,
    count(case when upload_status = 'completed' then 1 end) > 0 as is_archived,
    max(case when medium_rank = 1 then sha256 end) as sha256,
    count(distinct sha256) as sha256_count,
    max(case when medium_rank = 1 then size_bytes end) as file_size_bytes,
    max(case when medium_rank = 1 then local_path end) as local_file_path,
    max(case when medium_rank = 1 then cloud_url end) as cloud_storage_url
from ranked
group by provider, media_id, asset_type
