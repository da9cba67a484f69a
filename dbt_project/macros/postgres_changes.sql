{#-
  What a relation that others read goes through on Postgres where it must change. Only relations of ours that read it
  are dropped, which the build makes anew; whatever else depends on it stops the change, and is named.
-#}

{#- A block of PL/pgSQL: `changes`, waiting for no lock for more than a minute, or a sentence and nothing changed. -#}
{% macro patient_block(relation, changes, declared="") -%}
do $patient$
#variable_conflict use_column
declare
    told text;
    reader text;
    {{ declared }}
begin
    set local lock_timeout = '{{ env_var("DBT_LOCK_TIMEOUT", "60s") }}';
    {{ changes }}
exception
    when dependent_objects_still_exist then
        get stacked diagnostics told = pg_exception_detail;
        raise exception '{{ must_change() }}', '{{ relation }}', replace(told, E'\n', '; ');
    when lock_not_available then
        select string_agg(distinct format('pid %s (user %s, application %s, %s, since %s)', theirs.pid,
            theirs.usename, theirs.application_name, theirs.state, theirs.xact_start), ', ')
        into told
        from pg_locks as locks inner join pg_stat_activity as theirs on locks.pid = theirs.pid
        where locks.relation = to_regclass('{{ relation }}') and locks.granted and locks.pid <> pg_backend_pid();
        raise exception 'A change of % was canceled due to lock timeout: % reads or writes it. End that, then build again.',
            '{{ relation }}', coalesce(told, 'another session');
end
$patient$
{%- endmacro %}

{% macro standing_oid(relation) -%}
    standing constant oid := '{{ relation }}'::regclass;
{%- endmacro %}

{#- What the build says then, as rowkeeper/workspace/build.py knows it. -#}
{% macro must_change() -%}
% must change, and what is not of rowkeeper depends on it: %. Nothing was dropped: take that away, build, then make it anew.
{%- endmacro %}

{#-
  PL/pgSQL that drops the views of ours which read the relation `standing`, the outermost first. `columns`: an array of
  the numbers of the columns in question, all of them if it is left out.
-#}
{% macro drop_own_readers(columns=none) -%}
    for reader in
        with recursive reads as (
            select distinct rules.ev_class as reader, depends.refobjid as relation, depends.refobjsubid as number
            from pg_depend as depends
            inner join pg_rewrite as rules on depends.objid = rules.oid and rules.ev_class <> depends.refobjid
            where depends.classid = 'pg_rewrite'::regclass and depends.refclassid = 'pg_class'::regclass
        ),
        readers as (
            select reads.reader, 1 as depth from reads
            where reads.relation = standing {% if columns %} and reads.number = any({{ columns }}) {% endif %}
            union
            select reads.reader, readers.depth + 1 from readers inner join reads on readers.reader = reads.relation
        )
        select classes.oid::regclass::text from readers
        inner join pg_class as classes on readers.reader = classes.oid and classes.relkind = 'v'
        inner join pg_namespace as spaces on classes.relnamespace = spaces.oid
        where
            spaces.nspname in ('{{ own_schema("staging") }}', '{{ own_schema("intermediate") }}', '{{ own_schema("checks") }}')
            or (spaces.nspname = '{{ target.schema }}' and classes.relname = any({{ own_names() }}))
        group by classes.oid
        order by max(readers.depth) desc
    loop
        execute 'drop view ' || reader;
    end loop;
{%- endmacro %}

{#- The foreign keys of tables of ours that refer to the relation `standing`, as `keys` of a `from`. -#}
{% macro own_keys() -%}
    (
        select keys.* from pg_constraint as keys
        inner join pg_class as classes on keys.conrelid = classes.oid
        where keys.contype = 'f' and keys.confrelid = standing
            and classes.relnamespace = '{{ target.schema }}'::regnamespace
            and classes.relname = any({{ own_names() }})
    ) as keys
{%- endmacro %}

{#- PL/pgSQL that drops those that refer to `columns`: each table takes its own up again when it is built. -#}
{% macro drop_own_keys_to(columns) -%}
    for reader in
        select format('alter table %s drop constraint %I', keys.conrelid::regclass, keys.conname)
        from {{ own_keys() }}
        where keys.confkey && {{ columns }}
    loop
        execute reader;
    end loop;
{%- endmacro %}

{#- The models of the profile's own schema, as an array in SQL. -#}
{% macro own_names() -%}
    {%- set names = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.schema == target.schema -%}
        {%- do names.append("'" ~ node.alias ~ "'") -%}
    {%- endfor -%}
    array[{{ names | join(", ") }}]::text[]
{%- endmacro %}

{#- Drops what stands there if it is of another kind than `kind`; nothing if nothing does. -#}
{% macro dropped_unless(kind, relation) -%}
    {%- if relation is none or relation.type == kind -%} {{ return("") }} {%- endif -%}
    {{ adapter.dispatch("dropped")(relation) }}
{%- endmacro %}

{% macro duckdb__dropped(relation) -%}
    drop {{ relation.type }} {{ relation }};
{%- endmacro %}

{% macro postgres__dropped(relation) -%}
    {%- set changes -%}
        {{ drop_own_readers() }}
        drop {{ relation.type }} {{ relation }};
    {%- endset -%}
    {{ patient_block(relation, changes, standing_oid(relation)) }};
{%- endmacro %}

{#- Adds and drops columns of a table whose rows are replaced, as dbt's sync_all_columns asks. -#}
{% macro postgres__alter_relation_add_remove_columns(relation, add_columns, remove_columns) -%}
    {%- set changes = [] -%}
    {%- for column in add_columns or [] -%}
        {%- do changes.append("add column " ~ column.quoted ~ " " ~ column.expanded_data_type) -%}
    {%- endfor -%}
    {%- for column in remove_columns or [] -%}
        {%- do changes.append("drop column " ~ column.quoted) -%}
    {%- endfor -%}
    {%- if changes -%}
        {%- set block -%}
            {{ drop_own_readers("gone") }}
            alter table {{ relation }} {{ changes | join(", ") }};
        {%- endset -%}
        {%- set declared -%}
            standing constant oid := '{{ relation }}'::regclass;
            gone constant smallint[] := array(
                select attnum from pg_attribute
                where attrelid = '{{ relation }}'::regclass
                    and attname in ('{{ (remove_columns or []) | map(attribute="name") | join("', '") }}')
            );
        {%- endset -%}
        {%- do run_query(patient_block(relation, block, declared)) -%}
    {%- endif -%}
{%- endmacro %}
