{{ also_as_built() -}}
-- Files that a session was about to remove when it ended, and that no content has any more.

with interrupted as (
    select session_id from {{ ref("int_events") }}
    where event_type = 'session_interrupted'
    except
    select session_id from {{ ref("int_events") }}
    where event_type = 'session_finished'
)

select distinct
    versions.dropped_path,
    versions.sha256,
    versions.size_bytes,
    versions.data_folder,
    cast(versions.details as json) ->> 'text_path' as text_path
from {{ ref("int_events") }} as events
inner join {{ ref("int_asset_versions") }} as versions
    on events.asset_id = versions.asset_id and events.attempt = versions.last_attempt
where
    events.event_type = 'file_dropped'
    and events.session_id in (select interrupted.session_id from interrupted)
    and versions.dropped_path is not null
    and versions.is_archived
    and not exists (
        select 1 from {{ ref("int_asset_versions") }} as others
        where coalesce(others.local_path, others.lost_path) = versions.dropped_path
    )
