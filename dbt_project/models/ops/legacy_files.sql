-- Each legacy file: how much it agrees with the other sources, and whether it is about other people.

select
    file_id,
    file_name,
    people,
    agreeing,
    is_apart
from {{ ref("int_legacy_files") }}
