{{ config(severity="warn") }}

-- Texts of which other passages are here than were read.

select
    texts.text_key as row_key,
    texts.passages,
    count(passages.text_key) as found
from {{ ref("stg_words__texts_read") }} as texts
left join {{ ref("stg_words__passages") }} as passages on texts.text_key = passages.text_key
group by texts.text_key, texts.passages
having texts.passages != count(passages.text_key)
