select
    load_id,
    events,
    loaded_at
from {{ source("raw", "event_loads") }}
