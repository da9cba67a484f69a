select
    text_key,
    position,
    start_s,
    end_s,
    passage,
    {{ search_words("passage") }} as words
from {{ source("raw_words", "passages") }}
