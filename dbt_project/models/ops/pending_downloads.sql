{{ also_as_built() -}}
-- What the downloaders shall fetch now: never tried, or failed in a way that passes, and its time has
-- come, or was told by a clock that has gone back since. With what they write beside a file of the person
-- whose asset it is.

select
    cast(assets.asset_id as uuid) as asset_id,
    assets.person_row_id,
    assets.provider,
    assets.media_id,
    {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
    assets.asset_type as asset_kind,
    assets.original_url,
    assets.download_attempts + 1 as attempt,
    assets.download_tries as tries,
    assets.download_faults as faults,
    people.name,
    people.email,
    people.personality_type,
    people.last_seen_in,
    cast(cast(assets.download_details as json) -> 'refused' as text) as refused,
    assets.fetch_url as url_as_found
from {{ ref("int_assets") }} as assets
left join {{ ref("int_people") }} as people on assets.person_row_id = people.row_id
where
    assets.is_wanted
    and (
        assets.download_status = 'pending'
        or (
            assets.download_status = 'failed'
            and coalesce(assets.verdict, 'retry') in ('retry', 'pause')
            and (
                assets.next_try_at is null
                or assets.next_try_at <= current_timestamp
                or assets.download_told_at > current_timestamp
            )
        )
    )
