{#- A JSON object as text from {key: SQL expression}; what is NULL stays as null. -#}
{% macro json_text(fields) -%}
    {%- set pairs = [] -%}
    {%- for key, value in fields.items() -%}
        {%- do pairs.append("'" ~ key ~ "', " ~ value) -%}
    {%- endfor -%}
    {{ return(adapter.dispatch("json_text")(pairs | join(", "))) }}
{%- endmacro %}

{% macro default__json_text(pairs) -%}
    cast(json_build_object({{ pairs }}) as text)
{%- endmacro %}

{% macro duckdb__json_text(pairs) -%}
    cast(json_object({{ pairs }}) as text)
{%- endmacro %}

{#- Is a text that is not empty no string in that JSON? Engines write control characters in either case. -#}
{% macro lacks_cell(cells, text) -%}
    ({{ text }} != '' and position(lower(cast(to_json({{ text }}) as text)) in lower({{ cells }})) = 0)
{%- endmacro %}

{#- Whether a text, such as a name joined of two cells, has a word that stands in no cell. -#}
{% macro lacks_word(cells, text) -%}
    exists (
        select 1
        from unnest(string_to_array({{ text }}, ' ')) as words (word)
        where
            words.word != ''
            and position(
                lower(substr(cast(to_json(words.word) as text), 2, length(cast(to_json(words.word) as text)) - 2))
                in lower({{ cells }})
            ) = 0
    )
{%- endmacro %}

{#- What a column of JSON is: jsonb where the engine has it. -#}
{% macro json_type() -%}
    {{ return("jsonb" if target.type == "postgres" else "json") }}
{%- endmacro %}
