-- What came into raw since the last build, or was there then and is gone. While there is nothing, the tables
-- of that build have everything.

select load_id
from (
    select
        load_id,
        1 as there_now
    from {{ ref("int_loads") }}
    union all
    select
        load_id,
        -1 as there_now
    from {{ ref("int_loads_as_built") }}
) as loads
group by load_id
having sum(there_now) != 0
