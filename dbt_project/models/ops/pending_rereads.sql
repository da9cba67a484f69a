{{ also_as_built() -}}
-- What the downloaders shall look at again: the lists and documents that people have, media that were not
-- final, and what its site said is gone, for that comes back at times. A run takes those whose next_read_at
-- has come and, where that is NULL, those that nobody has looked at for download.reread_after. What is not
-- archived yet waits: no version is left behind for a newer one.

select
    cast(assets.asset_id as uuid) as asset_id,
    assets.person_row_id,
    assets.provider,
    assets.media_id,
    {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
    assets.asset_type as asset_kind,
    assets.original_url,
    assets.download_attempts + 1 as attempt,
    coalesce(assets.reread_tries, assets.download_tries) as tries,
    coalesce(assets.reread_faults, assets.download_faults) as faults,
    people.name,
    people.email,
    people.personality_type,
    people.last_seen_in,
    cast(
        cast(coalesce(assets.reread_failed_details, assets.download_details) as json) -> 'refused' as text
    ) as refused,
    assets.fetch_url as url_as_found,
    assets.sha256,
    assets.reading_details,
    coalesce(assets.last_looked_at, assets.updated_at) as last_looked_at,
    assets.next_read_at
from {{ ref("int_assets") }} as assets
left join {{ ref("int_people") }} as people on assets.person_row_id = people.row_id
where
    assets.is_wanted
    and assets.left_at is null
    and (
        (
            assets.download_status = 'completed'
            and assets.archived_by = 'rowkeeper'
            and assets.last_read_at is not null
            and assets.may_change
        )
        or (
            assets.download_status = 'failed'
            and assets.evidence = 'live'
            and assets.verdict = 'permanent'
            and {{ may_come_back("assets.error_code") }}
        )
    )
