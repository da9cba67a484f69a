{#-
  Postgres plans a build by what it has counted of the raw tables, and counts by itself a minute after a
  load, and a table as small as _dlt_loads never: then it expects one row in two hundred to be loaded,
  and joins thousands of links row by row. So what has changed since it was counted is counted first.
-#}
{% macro analyze_raw() -%}
    {{ return(adapter.dispatch("analyze_raw")()) }}
{%- endmacro %}

{% macro default__analyze_raw() -%}
{%- endmacro %}

{% macro postgres__analyze_raw() -%}
    {%- if execute and builds() -%}
        {%- set schema = (graph.sources.values() | list)[0].schema -%}
        {%- set changed = run_query(
            "select quote_ident(relname) from pg_stat_user_tables where schemaname = '" ~ schema ~ "'"
            ~ " and n_mod_since_analyze > case relname when '_dlt_loads' then 0 else 50 + n_live_tup / 10 end"
            ~ " order by relname"
        ) -%}
        {%- for row in changed.rows -%}
            analyze {{ schema }}.{{ row[0] }};
        {% endfor -%}
    {%- endif -%}
{%- endmacro %}
