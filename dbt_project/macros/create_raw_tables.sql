{#-
  Makes whatever raw table or column is not there yet, empty, so that a build needs no load before it.
  The one definition is the sources' yml: a column's data_type, and its meta.ddl (a key, a default).
-#}
{% macro create_raw_tables() -%}
    {%- if execute and builds() -%}
        {%- set raw_tables = graph.sources.values() | sort(attribute="name") -%}
        {%- set standing = existing_columns(raw_tables[0].schema) -%}
        {{ schema_once(raw_tables[0].schema) }};
        {% for table in raw_tables -%}
            {%- set columns = standing.get(table.identifier) -%}
            {%- if columns is none -%}
                create table if not exists {{ table.schema }}.{{ table.identifier }} (
                {%- for column in table.columns.values() %}
                    {{ column_ddl(column) }}{{ "," if not loop.last }}
                {%- endfor %}
                );
            {% else -%}
                {%- for column in table.columns.values() if column.name not in columns -%}
                    alter table {{ table.schema }}.{{ table.identifier }} add column {{ column_ddl(column) }};
                {% endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#-
  Raw is one for all schemas of a database: two builds that begin at once make its tables one after the
  other. The lock ends with dbt's session, too.
-#}
{% macro raw_lock(action) -%}
    {%- if execute and builds() and target.type == "postgres" -%}
        select pg_advisory_{{ action }}(1380666189, 0)
    {%- endif -%}
{%- endmacro %}

{#- Makes a schema that is not there; Postgres asks for the right to make it even where it is. -#}
{% macro schema_once(name) -%}
    {%- if execute -%}
        {%- set found = run_query("select 1 from pg_catalog.pg_namespace where nspname = '" ~ name ~ "'") -%}
        {{ "select 1" if found.rows else "create schema if not exists " ~ name }}
    {%- endif -%}
{%- endmacro %}

{% macro column_ddl(column) -%}
    {{ column.name }} {{ column.data_type }} {{ column.meta.get("ddl", "") }}
{%- endmacro %}

{#- The columns of each table that stands in a schema: {table: [column, ...]}. -#}
{% macro existing_columns(schema) -%}
    {%- set found = run_query(
        "select table_name, column_name from information_schema.columns where table_schema = '" ~ schema ~ "'"
    ) -%}
    {%- set tables = {} -%}
    {%- for row in found.rows -%}
        {%- do tables.setdefault(row[0], []).append(row[1]) -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}
