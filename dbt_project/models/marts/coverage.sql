{{ config(post_hook="{{ references_people('row_id') }}") -}}
-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
-- One row a person: what is expected, held, archived, failed and missing.

with assets as (
    select
        *,
        {{ download_status("download_status", "upload_status", "archived_by") }} as status
    from {{ ref("int_assets") }}
    where is_wanted and asset_type not in ('playlist', 'folder')
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
    count(assets.asset_id) as expected,
    count(case when assets.status in ('downloaded', 'uploaded') then 1 end) as held,
    count(case when assets.status = 'uploaded' then 1 end) as archived,
    count(
        case when {{ upload_status("assets.upload_status", "assets.archived_by") }} = 'claimed' then 1 end
    ) as claimed,
    count(case when assets.status = 'failed' then 1 end) as failed,
    count(case when assets.status = 'pending' then 1 end) as missing,
    coalesce(unsupported.links, 0) as unsupported_links,
    count(assets.asset_id) = count(case when assets.status = 'uploaded' then 1 end)
    and coalesce(unsupported.links, 0) = 0 as is_complete
from {{ ref("int_people") }} as people
left join assets on people.row_id = assets.person_row_id
left join unsupported on people.row_id = unsupported.row_id
group by
    people.row_id, people.name, people.email, people.personality_type, people.in_sheet, unsupported.links
