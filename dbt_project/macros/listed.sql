{#- The distinct values of a group as one text, in order, parted by commas. -#}
{% macro listed(expression) -%}
    string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}
