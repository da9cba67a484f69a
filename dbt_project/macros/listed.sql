{#- The distinct values of a group as one comma-separated text, in order. -#}
{% macro listed(expression) -%}
    string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}
