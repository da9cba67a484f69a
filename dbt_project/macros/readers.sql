{#-
  What the roles of ROWKEEPER_PG_READERS may read: each model of which `+grants` says so, after whatever changed it.
  Nothing is revoked, unlike in dbt's own: what somebody granted by hand stays. DuckDB has no roles.
-#}
{% macro postgres__apply_grants(relation, grant_config, should_revoke=True) -%}
    {%- for privilege, grantees in (grant_config or {}).items() -%}
        {%- set roles = named_roles(grantees) -%}
        {%- if roles -%}
            {%- call statement("grants") -%}
                do $grants$
                begin
                    if not (
                        {%- for role in roles %}
                        has_table_privilege('{{ role }}', '{{ relation }}', '{{ privilege }}')
                        {{- " and" if not loop.last }}
                        {%- endfor %}
                    ) then
                        {{ get_grant_sql(relation, privilege, roles | map("tojson") | list) }};
                    end if;
                end
                $grants$
            {%- endcall -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro duckdb__apply_grants(relation, grant_config, should_revoke=True) -%}
{%- endmacro %}

{#- The roles of a list, as the server spells them. -#}
{% macro named_roles(names) -%}
    {%- set roles = names | map("trim") | select | list -%}
    {%- for role in roles if "'" in role or '"' in role or "\\" in role -%}
        {%- do exceptions.raise_compiler_error("ROWKEEPER_PG_READERS has a role with a quote in its name: " ~ role) -%}
    {%- endfor -%}
    {{ return(roles) }}
{%- endmacro %}

{#- Before a build on Postgres: the readers exist, and may use the schema of what they read. -#}
{% macro admit_readers() -%}
    {%- if execute and builds() and target.type == "postgres" -%}
        {%- for role in named_roles(env_var("ROWKEEPER_PG_READERS", "").split(",")) -%}
            {%- if not run_query("select 1 from pg_roles where rolname = '" ~ role ~ "'").rows -%}
                {%- do exceptions.raise_compiler_error(
                    "ROWKEEPER_PG_READERS names " ~ role ~ ", and the server has no such role: a DBA may run"
                    ~ ' «create role "' ~ role ~ '"», or take the name away. Nothing was built.'
                ) -%}
            {%- endif -%}
            {%- set may_use = "has_schema_privilege('" ~ role ~ "', '" ~ target.schema ~ "', 'usage')" -%}
            {%- if not run_query("select " ~ may_use).rows[0][0] -%}
                grant usage on schema {{ target.schema }} to "{{ role }}";
            {% endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
