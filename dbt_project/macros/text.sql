{#- What counts as empty at a cell's edges: spaces, tabs, line ends, NBSP, zero-width characters. -#}
{% macro zero_width() -%}
    chr(8203) || chr(8204) || chr(8205) || chr(65279)
{%- endmacro %}

{% macro trimmed(text) -%}
    trim(coalesce({{ text }}, ''), ' ' || chr(9) || chr(10) || chr(13) || chr(160) || {{ zero_width() }})
{%- endmacro %}

{% macro blank(text) -%}
    ({{ trimmed(text) }} = '')
{%- endmacro %}

{#- For comparing only: lower case, no zero-width characters, single spaces. -#}
{% macro normalised(text) -%}
    lower(trim(regexp_replace(
        translate(coalesce({{ text }}, ''), chr(160) || {{ zero_width() }}, ' '), '\s+', ' ', 'g'
    )))
{%- endmacro %}
