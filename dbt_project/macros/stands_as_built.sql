{#-
  Did the last build leave all views, and from the same project? A run says so when it builds but a part: then the
  views beside tables and tests are not made again, and contracts not compared, which tables enforce as they are filled.
-#}
{% macro stands_as_built() -%}
    {{ return(env_var("DBT_SAME_PROJECT", "") == "yes") }}
{%- endmacro %}

{% macro default__get_assert_columns_equivalent(sql) -%}
    {%- if not stands_as_built() -%}
        {{ return(assert_columns_equivalent(sql)) }}
    {%- endif -%}
{%- endmacro %}
