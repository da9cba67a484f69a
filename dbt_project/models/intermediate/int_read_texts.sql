-- The texts that people have now, with what was read of them last.

with newest as (
    select
        content_sha256,
        form,
        max(rules) as rules
    from {{ ref("stg_words__texts_read") }}
    group by content_sha256, form
)

select
    texts.*,
    newest.rules,
    texts.content_sha256 || '/' || texts.form || '/' || cast(newest.rules as text) as text_key
from {{ ref("int_texts") }} as texts
left join newest on texts.content_sha256 = newest.content_sha256 and texts.form = newest.form
