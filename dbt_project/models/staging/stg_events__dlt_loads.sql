-- A load that was killed right after its commit stands twice in dlt's list. dlt names a load by the second in
-- which it began.

select
    load_id,
    min(
        case
            when {{ matches("load_id", "^[0-9]{9,10}[.][0-9]+$") }}
                then to_timestamp(cast(load_id as double precision))
        end
    ) as started_at,
    min(inserted_at) as ended_at
from {{ source("raw", "dlt_loads") }}
where status = 0
group by load_id
