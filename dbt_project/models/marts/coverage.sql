-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
-- One row a person: what is expected, held, archived, failed and missing, and what proves it. What left
-- its list is expected no longer, and counts where it is held. A person is complete when each list is
-- known to be, each medium is final and everything is archived, also what is known only from earlier.

with assets as (
    select
        *,
        {{ download_status("download_status", "upload_status", "archived_by") }} as status,
        {{ is_list("asset_type") }} as is_list,
        left_at is null
        and not is_whole
        and ({{ is_list("asset_type") }} or last_read_at is not null and {{ is_read_again("asset_type") }})
            as is_unproved
    from {{ ref("int_assets_as_built") }}
    where is_wanted and (left_at is null or download_status = 'completed')
),

known_earlier as (
    select
        person_row_id,
        count(*) as assets,
        count(
            case
                when {{ is_list("asset_type") }} and download_status = 'completed' then null
                when {{ download_status("download_status", "upload_status", "archived_by") }} = 'uploaded'
                    then null
                else 1
            end
        ) as waiting
    from {{ ref("int_assets_as_built") }}
    where is_known_earlier and left_at is null
    group by person_row_id
),

unsupported as (
    select
        row_id,
        count(distinct canonical_url) as links
    from {{ ref("int_links") }}
    where fate = 'unsupported' and is_current
    group by row_id
)

select
    people.row_id,
    people.name,
    people.email,
    people.personality_type,
    people.in_sheet,
    count(case when not is_list then 1 end) as expected,
    count(case when not is_list and assets.status in ('downloaded', 'uploaded') then 1 end) as held,
    count(case when not is_list and assets.status = 'uploaded' then 1 end) as archived,
    count(
        case
            when
                not is_list
                and {{ upload_status("assets.upload_status", "assets.archived_by") }} = 'claimed'
                then 1
        end
    ) as claimed,
    count(case when not is_list and assets.status = 'failed' then 1 end) as failed,
    count(case when not is_list and assets.status = 'pending' then 1 end) as missing,
    coalesce(unsupported.links, 0) as unsupported_links,
    count(case when not is_list then 1 end)
    = count(case when not is_list and assets.status = 'uploaded' then 1 end)
    and coalesce(unsupported.links, 0) = 0
    and coalesce(known_earlier.waiting, 0) = 0
    and count(case when is_unproved then 1 end) = 0
    and count(case when assets.is_provisional then 1 end) = 0 as is_complete,
    count(case when is_unproved then 1 end) as incomplete_lists,
    count(case when assets.is_provisional then 1 end) as provisional,
    min(case when assets.may_change then assets.last_read_at end) as fresh_as_of,
    coalesce(known_earlier.assets, 0) as known_earlier
from {{ ref("int_people") }} as people
left join assets on people.row_id = assets.person_row_id
left join known_earlier on people.row_id = known_earlier.person_row_id
left join unsupported on people.row_id = unsupported.row_id
group by
    people.row_id,
    people.name,
    people.email,
    people.personality_type,
    people.in_sheet,
    unsupported.links,
    known_earlier.assets,
    known_earlier.waiting
