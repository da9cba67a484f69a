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
