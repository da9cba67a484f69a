{{ after_checks() -}}
select
    cast(session_id as uuid) as session_id,
    worked_on as session_type,
    cast(total_assets as integer) as total_assets,
    cast(completed_assets as integer) as completed_assets,
    cast(failed_assets as integer) as failed_assets,
    status,
    created_at,
    completed_at,
    session_type as activity
from {{ ref("int_session_totals") }}
