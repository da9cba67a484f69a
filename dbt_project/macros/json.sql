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
