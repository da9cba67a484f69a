select
    row_key,
    row_id,
    name_key,
    first_name_key,
    email_key,
    type_key,
    email_address
from {{ source("raw", "row_keys") }}
where {{ is_loaded() }}
