{#- A table of a part of the rows would look like all of them: where people read it, everybody would be gone. -#}
{% macro refuse_part() -%}
    {%- for option in ("sample", "empty") if execute and invocation_args_dict.get(option) -%}
        {%- do exceptions.raise_compiler_error(
            "--" ~ option ~ " is not for these models: each is made of all rows, or it would be wrong. To see that they"
            ~ " build, build in a data folder or a schema of its own (ROWKEEPER_DATA_DIR, ROWKEEPER_PG_SCHEMA), and for a"
            ~ " few people's content take rowkeeper run --people. Nothing was written."
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{#-
  What plain dbt does first on Postgres: it stops where a newer rowkeeper wrote, or where its session can't
  write every name, and takes the lock that runs take for the same tables, or says who has it. The lock lasts as
  long as dbt's own session. Within a run that is done already; on DuckDB the plugin in profiles.yml does it.
-#}
{% macro guard_build() -%}
    {%- if execute and builds() and not env_var("DBT_RUN_BY_ROWKEEPER", "") and target.type == "postgres" -%}
        {%- set known = database_format() -%}
        {%- if "rowkeeper_format" in existing_columns("raw") -%}
            {%- set found = run_query("select max(format) from raw.rowkeeper_format").rows[0][0] -%}
            {%- if found is not none and found > known -%}
                {%- do exceptions.raise_compiler_error(
                    "The database has format " ~ found ~ " and this rowkeeper knows " ~ known
                    ~ ": a newer rowkeeper wrote it; upgrade, then run again. Nothing was written."
                ) -%}
            {%- endif -%}
        {%- endif -%}
        {%- set encoding = run_query("show client_encoding").rows[0][0] -%}
        {%- if encoding != "UTF8" -%}
            {%- do exceptions.raise_compiler_error(
                "Sessions of " ~ target.user ~ " begin in " ~ encoding ~ ", which can't write every name: set "
                ~ "PGCLIENTENCODING=UTF8, or let a DBA run alter role \"" ~ target.user ~ "\" set client_encoding = "
                ~ "'UTF8', then run again. Nothing was written."
            ) -%}
        {%- endif -%}
        {%- set key = "1380666187, hashtext('" ~ target.schema ~ "')" -%}
        {%- if not run_query("select pg_try_advisory_lock(" ~ key ~ ")").rows[0][0] -%}
            {%- set holder = run_query(
                "select theirs.pid, theirs.application_name from pg_locks as locks"
                ~ " inner join pg_stat_activity as theirs on locks.pid = theirs.pid"
                ~ " where locks.locktype = 'advisory' and locks.granted and locks.classid = 1380666187"
                ~ " and locks.objid = cast(cast(hashtext('" ~ target.schema ~ "') as bigint) & 4294967295 as oid)"
                ~ " and locks.database = (select oid from pg_database where datname = current_database())"
            ).rows -%}
            {%- do exceptions.raise_compiler_error(
                "A run loads or builds the same tables (" ~ (holder | map("join", ", ") | join("; "))
                ~ "): wait until it has ended, then run again."
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The newest format of a database that this version knows, as database_format.py has it. -#}
{% macro database_format() %}{{ return(3) }}{% endmacro %}

{#- Does this command change anything? `dbt source freshness` and `dbt docs generate` only read. -#}
{% macro builds() -%}
    {{ return(flags.WHICH in ("build", "run", "test", "seed", "snapshot", "clone", "retry", "run-operation")) }}
{%- endmacro %}
