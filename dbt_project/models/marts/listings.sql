-- depends_on: {{ ref("people") }}
{{ after_checks() -}}
-- The playlists and folders of each person: how many entries the source states and how many were listed, and
-- whether that proves the list complete.

select
    cast(asset_id as uuid) as asset_id,
    person_row_id,
    {{ asset_type("provider", "asset_type") }} as asset_type,
    asset_type as asset_kind,
    provider,
    media_id,
    original_url,
    case
        when is_whole then 'complete'
        when last_read_at is not null then 'partial'
        else 'unread'
    end as completeness,
    stated_entries,
    hidden_entries,
    listed_entries,
    left_out_entries,
    case when not is_whole then incomplete_because end as incomplete_because,
    last_read_at,
    next_read_at,
    left_at,
    reread_error_code as error_code,
    reread_error_message as error_message,
    reread_verdict as verdict
from {{ ref("int_assets") }}
where is_claimed and {{ is_list("asset_type") }}
