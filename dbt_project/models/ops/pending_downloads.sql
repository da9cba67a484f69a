-- What the downloaders shall fetch now: never tried, or failed in a way that passes.

select
    asset_id,
    person_row_id,
    provider,
    media_id,
    asset_type,
    original_url,
    download_attempts + 1 as attempt
from {{ ref("int_assets") }}
where
    is_wanted
    and (
        download_status = 'pending'
        or (download_status = 'failed' and coalesce(verdict, 'retry') in ('retry', 'pause'))
    )
