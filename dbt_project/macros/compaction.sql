{#-
  Does this build only add what is new to what the last one left? A run's does, after one of the same
  project; plain dbt makes everything anew.
-#}
{% macro adds() -%}
    {{ return(env_var("DBT_ONLY_NEW", "") == "yes" and is_incremental()) }}
{%- endmacro %}

{#- Before an incremental model: its rows of before go, unless this build adds to them. -#}
{% macro begin_anew() -%}
    {%- if is_incremental() and not adds() -%} delete from {{ this }} {%- endif -%}
{%- endmacro %}

{#- The columns of a relation, as a list in SQL. -#}
{% macro columns_of(relation) -%}
    {{ adapter.get_columns_in_relation(relation) | map(attribute="name") | join(", ") if execute else "*" }}
{%- endmacro %}

{#- The events that the drains have brought since ``compacted`` was made. Those of no drain always count. -#}
{% macro events_since(compacted) -%}
    select * from {{ ref("stg_events__asset_events") }}
    where
        load_id = ''
        or load_id in (
            select loads.load_id from {{ ref("stg_events__event_loads") }} as loads
            where loads.load_id not in (select held.load_id from {{ compacted }} as held where held.is_first_of_load)
        )
{%- endmacro %}
