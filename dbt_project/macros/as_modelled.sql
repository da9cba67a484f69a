{#-
  Beside each published table stands a view of its own compiled SQL: whoever edits the table afterwards, in
  any column, makes the two differ. A view that people read needs none.
-#}
{% macro published_tables() -%}
    {{ return([
        "people", "people_history", "assets", "asset_versions", "media", "person_content", "documents",
        "listings", "links", "coverage", "failures", "download_sessions",
        "fixity", "orphaned_assets", "people_lookalikes", "quarantine", "unverified_claims"
    ]) }}
{%- endmacro %}

{#- The view beside a table. -#}
{% macro modelled(name) -%}
    {{ return(api.Relation.create(schema=own_schema("checks"), identifier=name ~ "_as_modelled", type="view")) }}
{%- endmacro %}

{#-
  A post-hook that makes it, with the table's columns in their order, unless it stands; a clone compiles no model.
-#}
{% macro keep_model() -%}
    {%- if execute and model.compiled_code and model.name in published_tables() and not stands_as_built() -%}
        {%- set columns = model.columns.keys() | join(", ") -%}
        {{ replaced_view(modelled(model.name), "select " ~ columns ~ " from (" ~ model.compiled_code ~ "\n) as modelled") }}
    {%- endif -%}
{%- endmacro %}

{#-
  The rows that a table and its view don't both have, as often; one that was edited stands here twice. Counted,
  not subtracted both ways, so that each view is asked once.
-#}
{% macro differences_from_models() -%}
    {%- set found = [] -%}
    {%- for name in published_tables() -%}
        {%- set table = ref(name) -%}
        {%- if execute -%}
            {%- set columns = graph.nodes["model.rowkeeper." ~ name].columns.keys() | list -%}
            {%- set listed = columns | join(", ") -%}
            {%- set owner = columns | select("in", ["row_id", "person_row_id"]) | first | default("null") -%}
            {%- do found.append(
                "select '" ~ name ~ "' as table_name, cast(" ~ owner ~ " as text) as row_id,"
                ~ " cast(" ~ columns[0] ~ " as text) as found_in,"
                ~ " case when sum(sides.side) > 0 then 'the table has it' else 'its model has it' end as said"
                ~ " from (select 1 as side, " ~ listed ~ " from " ~ table
                ~ " union all select -1 as side, " ~ listed ~ " from " ~ modelled(name) ~ ") as sides"
                ~ " group by " ~ listed ~ " having sum(sides.side) != 0"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ found | join("\nunion all\n") }}
{%- endmacro %}
