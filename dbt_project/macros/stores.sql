{#- A key in a bucket, with the prefix that the joined row of int_stores gives it now. -#}
{% macro key_now(key) -%}
    case
        when stores.name is null then {{ key }}
        else stores.key_prefix || substr({{ key }}, length(stores.was_prefix) + 1)
    end
{%- endmacro %}
