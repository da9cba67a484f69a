{#- Until it has succeeded, a build leaves tables that are as no build made them: see last_build.py. -#}
{% macro forget_last_build() -%}
    {%- if execute and flags.WHICH in ("build", "run", "clone", "retry") and "rowkeeper_builds" in existing_columns("raw") -%}
        delete from raw.rowkeeper_builds where schema_name = '{{ target.schema }}'
    {%- endif -%}
{%- endmacro %}
