{#-
  A data test whose rows are a view: as dbt's own, but the view is replaced in place, and stands where the last build
  was of the same project. What is counted is the test's own SQL, whatever the view is by now.
-#}
{% materialization test, default -%}
    {%- set relations = [] -%}
    {%- set rows = get_limit_subquery_sql(sql, config.get("limit")) -%}
    {%- if should_store_failures() -%}
        {%- set rows_relation = api.Relation.create(
            database=database, schema=schema, identifier=model.alias, type="view"
        ) -%}
        {%- if not stands_as_built() -%}
            {%- set existing = adapter.get_relation(database=database, schema=schema, identifier=model.alias) -%}
            {%- call statement(auto_begin=True) -%}
                {{ dropped_unless("view", existing) }}
                {{ replaced_view(rows_relation, rows) }}
            {%- endcall -%}
            {{ adapter.commit() }}
        {%- endif -%}
        {%- do relations.append(rows_relation) -%}
    {%- endif -%}
    {%- call statement("main", fetch_result=True) -%}
        {{ get_test_sql(rows, config.get("fail_calc"), config.get("warn_if"), config.get("error_if"), limit=none) }}
    {%- endcall -%}
    {{ return({"relations": relations}) }}
{%- endmaterialization %}
