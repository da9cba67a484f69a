{#-
  At the top of a view of the state at this moment, which commands ask: it reads all events, and to plan that
  takes longer than to do it. So the same view stands over the tables of the last build, too.
-#}
{% macro also_as_built() -%}
    {%- if not execute -%} {#- that they come first is read while dbt parses; a unit test has no such input -#}
        {%- for model in ["int_loads_as_built", "int_assets_as_built", "int_asset_versions_as_built"] -%}
            {%- do ref(model) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#-
  A post-hook that makes it, by the same name in the schema of the private models. Where nothing came since
  (loads_since_build), both have the same rows: Python's Warehouse asks one or the other.
-#}
{% macro keep_as_built() -%}
    {%- if execute and model.compiled_code and "also_as_built()" in model.raw_code -%}
        {%- set sql = model.compiled_code
            | replace('"int_assets"', '"int_assets_as_built"')
            | replace('"int_asset_versions"', '"int_asset_versions_as_built"') -%}
        {%- set twin = api.Relation.create(schema=own_schema("intermediate"), identifier=model.name, type="view") -%}
        {{ replaced_view(twin, "select " ~ model.columns.keys() | join(", ") ~ " from (" ~ sql ~ "\n) as built") }}
    {%- endif -%}
{%- endmacro %}
