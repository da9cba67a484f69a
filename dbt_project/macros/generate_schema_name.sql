{#- Where a relation is made: a mart in the profile's schema, all else in one beside it. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ own_schema(custom_schema_name | trim) if custom_schema_name else target.schema }}
{%- endmacro %}

{#-
  The schema `name` of this profile, as Target.own_schema has it in Python: apart from those of other profiles in
  the same database, and without a prefix for the engine's own schema.
-#}
{% macro own_schema(name) -%}
    {%- set is_usual = target.schema == {"duckdb": "main", "postgres": "public"}[target.type] -%}
    {{ return(name if is_usual else target.schema ~ "_" ~ name) }}
{%- endmacro %}
