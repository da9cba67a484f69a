{#-
  A view on Postgres, replaced in place. dbt's own way drops the old view and with it every view
  that reads it: a build that stops half-way would leave no pending_downloads, and two threads that
  drop at once can deadlock. Only a view whose columns have changed is dropped here.
-#}
{% materialization view, adapter="postgres" -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing_relation is not none and not existing_relation.is_view -%}
        {{ drop_relation_if_exists(existing_relation) }}
    {%- endif -%}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- call statement("main") -%}
        {{ replaced_view(target_relation, sql) }}
    {%- endcall -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target_relation]}) }}
{%- endmaterialization %}
