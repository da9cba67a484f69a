{#-
  Descriptions as comments of relations and columns, as `+persist_docs` says. Only those that differ are written:
  dbt's own way writes each of some thousand anew in every build, and asks twice which columns there are.
-#}
{% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set kind = "view" if relation.is_view else "table" -%}
    {%- set wanted = {} -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do wanted.update({"": model.description}) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for column in model.columns.values() if column.description -%}
            {%- do wanted.update({column.name: column.description}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set standing = standing_comments(relation) -%}
    {%- set changes = [] -%}
    {%- for name, comment in wanted.items() if standing.get(name) != comment -%}
        {%- set what = "column " ~ relation ~ "." ~ name if name else kind ~ " " ~ relation -%}
        {%- do changes.append("comment on " ~ what ~ " is '" ~ comment | replace("'", "''") ~ "'") -%}
    {%- endfor -%}
    {%- if changes -%}
        {%- do run_query(changes | join(";\n")) -%}
    {%- endif -%}
{%- endmacro %}

{#- The comments that a relation has: {column: comment}, its own under ''. -#}
{% macro standing_comments(relation) -%}
    {{ return(adapter.dispatch("standing_comments")(relation)) }}
{%- endmacro %}

{#- DuckDB makes tables and views anew, without comments. -#}
{% macro duckdb__standing_comments(relation) -%}
    {{ return({}) }}
{%- endmacro %}

{% macro default__standing_comments(relation) -%}
    {%- set found = run_query(
        "select coalesce(a.attname::text, ''), d.description from pg_description as d"
        ~ " left join pg_attribute as a on d.objoid = a.attrelid and d.objsubid = a.attnum and d.objsubid > 0"
        ~ " where d.classoid = 'pg_class'::regclass and d.objoid = '" ~ relation ~ "'::regclass"
    ) -%}
    {%- set comments = {} -%}
    {%- for row in found.rows -%}
        {%- do comments.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {{ return(comments) }}
{%- endmacro %}
