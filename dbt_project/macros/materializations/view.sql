{#-
  A view that is replaced in place. dbt's own way makes it beside the old one, renames both and drops the old. On
  Postgres every view that reads the old one goes with it: a build that stops half-way would leave no
  pending_downloads, two threads that drop at once can deadlock, and an analyst's view would be gone. On DuckDB a view
  over views is bound again at each step, which is most of what it costs.
-#}
{% materialization view, default -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks) }}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- call statement("main", auto_begin=True) -%}
        {{ dropped_unless("view", existing_relation) }}
        {{ replaced_view(target_relation, sql) }}
    {%- endcall -%}
    {%- do apply_grants(target_relation, config.get("grants")) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target_relation]}) }}
{%- endmaterialization %}
