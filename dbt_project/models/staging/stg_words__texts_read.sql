select
    text_key,
    content_sha256,
    form,
    rules,
    passages,
    kept_in,
    loaded_at
from {{ source("raw_words", "texts_read") }}
