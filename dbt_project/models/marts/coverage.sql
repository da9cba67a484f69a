{{ config(post_hook="{{ references_people('row_id') }}") -}}
-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
-- One row a person: what is expected, held, archived, failed and missing.

with assets as (
    select * from {{ ref("int_assets") }}
    where is_wanted and asset_type not in ('playlist', 'folder')
)

select
    people.row_id,
    people.name,
    people.email,
    people.personality_type,
    people.in_sheet,
    count(assets.asset_id) as expected,
    count(case when assets.download_status = 'completed' then 1 end) as held,
    count(case when assets.upload_status = 'completed' then 1 end) as archived,
    count(case when assets.download_status = 'failed' then 1 end) as failed,
    count(case when assets.download_status = 'pending' then 1 end) as missing,
    count(assets.asset_id) = count(case when assets.upload_status = 'completed' then 1 end) as is_complete
from {{ ref("int_people") }} as people
left join assets on people.row_id = assets.person_row_id
group by people.row_id, people.name, people.email, people.personality_type, people.in_sheet
