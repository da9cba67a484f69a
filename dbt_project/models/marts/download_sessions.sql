{{ after_checks() -}}
select
    session_id,
    session_type,
    cast(total_assets as bigint) as total_assets,
    cast(completed_assets as bigint) as completed_assets,
    cast(failed_assets as bigint) as failed_assets,
    status,
    created_at,
    completed_at
from {{ ref("int_sessions") }}
