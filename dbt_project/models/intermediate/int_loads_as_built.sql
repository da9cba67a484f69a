-- int_loads as it was when the last build began to read events, a table. What is built after it has all of
-- these, and may have more.

select * from {{ ref("int_loads") }}
