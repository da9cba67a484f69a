{{ config(materialized="view") -}}
-- What people say and write, a row a passage. A view over what was read, which is kept by its content: there
-- is nothing to build.

select
    texts.owner_key || '#' || cast(passages.position as text) as passage_key,
    texts.person_row_id,
    people.name,
    texts.asset_id,
    texts.asset_type,
    texts.kind,
    passages.position,
    passages.start_s,
    passages.end_s,
    passages.passage as text,
    passages.words,
    texts.language,
    texts.source,
    people.personality_type,
    people.type_modality,
    people.type_functions,
    people.type_animals,
    people.type_number,
    texts.original_url,
    texts.title
from {{ ref("int_read_texts") }} as texts
inner join {{ ref("stg_words__passages") }} as passages on texts.text_key = passages.text_key
inner join {{ ref("int_people") }} as people on texts.person_row_id = people.row_id
