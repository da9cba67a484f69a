-- The snapshots in the order of their chain, each naming the one before. A snapshot is never earlier than
-- the one that it follows: a clock that was wrong changes no order, whatever it said. One that was
-- loaded before snapshots had numbers is in its place by its time until the next load.

with numbered as (
    select
        snapshot_id,
        load_id,
        observed_at as clock,
        row_number() over (order by snapshot_number nulls first, observed_at, snapshot_id) as snapshot_number
    from {{ ref("stg_sheet__snapshots") }}
)

select
    snapshot_id,
    load_id,
    snapshot_number,
    snapshot_number = count(*) over () as is_newest,
    max(clock - snapshot_number * interval '1 microsecond') over (order by snapshot_number)
    + snapshot_number * interval '1 microsecond' as observed_at
from numbered
