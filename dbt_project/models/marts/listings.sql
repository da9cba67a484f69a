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
    case
        when is_whole then null
        when last_read_at is not null then incomplete_because
        when error_message is not null then 'It was never read: ' || error_message
        when is_wanted then 'It was never read: the next run reads it.'
        when is_known_earlier
            then 'It was never read: only an earlier row knows it, which run --known-earlier fetches.'
        else 'It was never read: no current row asks for it.'
    end as incomplete_because,
    last_read_at,
    next_read_at,
    left_at,
    reread_error_code as error_code,
    reread_error_message as error_message,
    reread_verdict as verdict
from {{ ref("int_assets_as_built") }}
where is_claimed and {{ is_list("asset_type") }}
