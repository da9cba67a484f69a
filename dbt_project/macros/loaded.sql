{#- Rows of finished loads only: half-loaded rows are visible before their load id stands here. -#}
{% macro is_loaded() -%}
    _dlt_load_id in (select load_id from {{ source("raw", "dlt_loads") }} where status = 0)
{%- endmacro %}
