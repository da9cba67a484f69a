{#- Makes a view, in place of the one that may stand there; what reads it stays, where its columns stay. -#}
{% macro replaced_view(relation, sql) -%}
    {{ return(adapter.dispatch("replaced_view")(relation, sql)) }}
{%- endmacro %}

{% macro duckdb__replaced_view(relation, sql) -%}
    create or replace view {{ relation }} as (
        {{ sql }}
    )
{%- endmacro %}

{#- A view that is the same is not touched: that would wait for whoever has read it in a transaction. -#}
{% macro postgres__replaced_view(relation, sql) -%}
    {%- set declared -%}
        body constant text := $body${{ sql }}$body$;
        standing constant oid := to_regclass('{{ relation }}');
    {%- endset -%}
    {%- set changes -%}
        execute 'create temporary view rowkeeper_view as ' || body;
        if standing is null or pg_get_viewdef(standing) <> pg_get_viewdef('pg_temp.rowkeeper_view'::regclass) then
            begin
                execute 'create or replace view {{ relation }} as ' || body;
            exception when invalid_table_definition then
                {{ drop_own_readers() }}
                drop view {{ relation }};
                execute 'create view {{ relation }} as ' || body;
            end;
        end if;
        drop view pg_temp.rowkeeper_view;
    {%- endset -%}
    {{ patient_block(relation, changes, declared) }}
{%- endmacro %}
