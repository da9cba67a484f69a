{#- Makes a view, in place of the one that may stand there; what reads it stays, where its columns stay. -#}
{% macro replaced_view(relation, sql) -%}
    {{ return(adapter.dispatch("replaced_view")(relation, sql)) }}
{%- endmacro %}

{% macro duckdb__replaced_view(relation, sql) -%}
    create or replace view {{ relation }} as (
        {{ sql }}
    )
{%- endmacro %}

{% macro default__replaced_view(relation, sql) -%}
    do $replace_view$
    begin
        create or replace view {{ relation }} as (
            {{ sql }}
        );
    exception when invalid_table_definition then
        drop view {{ relation }} cascade;
        create view {{ relation }} as (
            {{ sql }}
        );
    end
    $replace_view$
{%- endmacro %}
