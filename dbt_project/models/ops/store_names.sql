-- Which store each name of one that was moved means now.

select
    name,
    store,
    number
from {{ ref("int_stores") }}
