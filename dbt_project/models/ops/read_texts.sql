-- The texts that people have now, with what was read of them last: what reads their words asks.

select
    cast(owner_key as text) as owner_key,
    cast(asset_id as text) as asset_id,
    cast(person_row_id as text) as person_row_id,
    cast(asset_type as text) as asset_type,
    cast(kind as text) as kind,
    cast(content_sha256 as text) as content_sha256,
    cast(form as text) as form,
    cast(language as text) as language,
    cast(source as text) as source,
    cast(original_url as text) as original_url,
    cast(title as text) as title,
    cast(rules as bigint) as rules,
    cast(text_key as text) as text_key
from {{ ref("int_read_texts") }}
