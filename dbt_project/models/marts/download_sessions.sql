{{ after_checks() -}}
select
    session_id,
    session_type,
    total_assets,
    completed_assets,
    failed_assets,
    status,
    created_at,
    completed_at
from {{ ref("int_sessions") }}
