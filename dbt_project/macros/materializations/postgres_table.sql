{#-
  A table on Postgres, whose rows change by key while it stays: views on it, grants, foreign keys and statistics
  stay, too, and no reader waits. dbt's own way makes another table and drops the old one with all that depends on it.
-#}
{% materialization table, adapter="postgres" -%}
    {%- set target_relation = this.incorporate(type="table") -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- if existing_relation is none or not existing_relation.is_table -%}
        {%- call statement("main") -%}
            {{ dropped_unless("table", existing_relation) }}
            {{ filled_table(target_relation, sql) }};
            {{ patient_block(target_relation, missing_foreign_keys(), standing_oid(target_relation)) }}
        {%- endcall -%}
        {%- do create_indexes(target_relation) -%}
    {%- else -%}
        {%- set fresh = make_temp_relation(target_relation) -%}
        {%- call statement("main") -%}
            {{ filled_table(fresh, sql, temporary=True) }};
            analyze {{ fresh }};
            {{ replaced_rows(target_relation, fresh) }}
        {%- endcall -%}
    {%- endif -%}
    {%- do apply_grants(target_relation, config.get("grants")) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target_relation]}) }}
{%- endmaterialization %}

{#- A table of the model's columns and constraints, without foreign keys, and its rows. -#}
{% macro filled_table(relation, sql, temporary=False) -%}
    {%- set until = " on commit drop" if temporary else "" -%}
    create {{ "temporary " if temporary }}table {{ relation }}
    {%- if config.get("contract").enforced -%}
        {%- set columns = {} -%}
        {%- for name, column in model.columns.items() -%}
            {%- set kept = column.constraints | rejectattr("type", "equalto", "foreign_key") | list -%}
            {%- do columns.update({name: dict(column, constraints=kept)}) -%}
        {%- endfor -%}
        {%- set rules = adapter.render_raw_columns_constraints(raw_columns=columns) -%}
        {%- set rules = rules + adapter.render_raw_model_constraints(raw_constraints=model.constraints) %} (
        {{ rules | join(",\n        ") }}
    ){{ until }};
    insert into {{ relation }} ({{ model.columns.keys() | join(", ") }})
    {{ get_select_subquery(sql) }}
    {%- else -%}
        {{ until }} as (
        {{ sql }}
    )
    {%- endif -%}
{%- endmacro %}

{#- Makes a table as a fresh one is: its columns and rules where they differ, then its rows, by key. -#}
{% macro replaced_rows(relation, fresh) -%}
    {%- set declared -%}
        {{ standing_oid(relation) }}
        fresh constant oid := 'pg_temp.{{ fresh.identifier }}'::regclass;
        changes text;
        gone smallint[];
        checks_differ boolean;
    {%- endset -%}
    {%- set changes -%}
        {{ changed_columns(relation) }}
        {{ changed_rows(relation, "pg_temp." ~ fresh.identifier) }}
        {{ changed_rules(relation) }}
        {{ missing_foreign_keys() }}
    {%- endset -%}
    {{ patient_block(relation, changes, declared) }}
{%- endmacro %}

{#- Columns that are gone or of another type go, those that are new come; rules that no longer hold go. -#}
{% macro changed_columns(relation) -%}
    checks_differ := array(
        select pg_get_constraintdef(oid) from pg_constraint where conrelid = standing and contype = 'c' order by 1
    ) <> array(
        select pg_get_constraintdef(oid) from pg_constraint where conrelid = fresh and contype = 'c' order by 1
    );
    select array_agg(old.attnum), string_agg(format('drop column %I', old.attname), ', ')
    into gone, changes
    from pg_attribute as old
    where old.attrelid = standing and old.attnum > 0 and not old.attisdropped and not exists (
        select from pg_attribute as new
        where new.attrelid = fresh and new.attname = old.attname and not new.attisdropped
            and (new.atttypid, new.atttypmod) = (old.atttypid, old.atttypmod)
    );
    if gone is not null then
        {{ drop_own_readers("gone") }}
        {{ drop_own_keys_to("gone") }}
    end if;
    select concat_ws(', ', changes,
        (
            select string_agg(format('drop constraint %I', old.conname), ', ') from pg_constraint as old
            where old.conrelid = standing and not old.conkey && coalesce(gone, '{}') and (
                (old.contype = 'c' and checks_differ)
                or (old.contype = 'p' and pg_get_constraintdef(old.oid) not in (
                    select pg_get_constraintdef(new.oid) from pg_constraint as new
                    where new.conrelid = fresh and new.contype = 'p'))
            )
        ),
        (
            select string_agg(
                format('add column %I %s', new.attname, format_type(new.atttypid, new.atttypmod)), ', '
                order by new.attnum)
            from pg_attribute as new
            where new.attrelid = fresh and new.attnum > 0 and not exists (
                select from pg_attribute as old
                where old.attrelid = standing and old.attname = new.attname and not old.attisdropped
                    and (new.atttypid, new.atttypmod) = (old.atttypid, old.atttypmod))
        )
    ) into changes;
    if changes <> '' then
        execute 'alter table {{ relation }} ' || changes;
    end if;
    select string_agg(format('alter column %I drop not null', old.attname), ', ') into changes
    from pg_attribute as old inner join pg_attribute as new on old.attname = new.attname
    where old.attrelid = standing and new.attrelid = fresh and old.attnotnull and not new.attnotnull
        and not old.attisdropped;
    if changes is not null then
        execute 'alter table {{ relation }} ' || changes;
    end if;
{%- endmacro %}

{#- Rows that are gone go, with those that refer to them in tables of ours, which are made after this one. -#}
{% macro changed_rows(relation, fresh) -%}
    {%- set key = primary_key() -%}
    {%- set names = model.columns.keys() | list -%}
    {%- set columns = (names or ["*"]) | join(", ") -%}
    {%- if key -%}
        if exists (select from {{ relation }} as old where not exists (select from {{ fresh }} as new where new.{{ key }} = old.{{ key }})) then
            for reader in
                select format('delete from %s as child where child.%I not in (select new.{{ key }} from {{ fresh }} as new)',
                    keys.conrelid::regclass, columns.attname)
                from {{ own_keys() }}
                inner join pg_attribute as columns on keys.conrelid = columns.attrelid and keys.conkey[1] = columns.attnum
            loop
                execute reader;
            end loop;
            delete from {{ relation }} as old
            where not exists (select from {{ fresh }} as new where new.{{ key }} = old.{{ key }});
        end if;
        update {{ relation }} as old set
        {%- for name in names %} {{ name }} = new.{{ name }}{{ "," if not loop.last }}{% endfor %}
        from {{ fresh }} as new
        where new.{{ key }} = old.{{ key }}
            and (old.{{ names | join(", old.") }}) is distinct from (new.{{ names | join(", new.") }});
        insert into {{ relation }} ({{ columns }})
        select {{ columns }} from {{ fresh }} as new
        where not exists (select from {{ relation }} as old where old.{{ key }} = new.{{ key }});
    {%- else -%}
        if exists (select {{ columns }} from {{ relation }} except all select {{ columns }} from {{ fresh }})
            or exists (select {{ columns }} from {{ fresh }} except all select {{ columns }} from {{ relation }})
        then
            delete from {{ relation }};
            insert into {{ relation }} {{ "(" ~ columns ~ ")" if names }} select {{ columns }} from {{ fresh }};
        end if;
    {%- endif -%}
{%- endmacro %}

{#- The rules that are new, now that the rows are those that keep them. -#}
{% macro changed_rules(relation) -%}
    select string_agg(added.change, ', ') into changes
    from (
        select format('alter column %I set not null', new.attname) as change
        from pg_attribute as new inner join pg_attribute as old on old.attname = new.attname
        where new.attrelid = fresh and old.attrelid = standing and new.attnotnull and not old.attnotnull
            and not old.attisdropped
        union all
        select 'add ' || pg_get_constraintdef(new.oid) from pg_constraint as new
        where new.conrelid = fresh and new.contype = 'p' and not exists (
            select from pg_constraint as old where old.conrelid = standing and old.contype = 'p')
    ) as added;
    if changes is not null then
        execute 'alter table {{ relation }} ' || changes;
    end if;
    if checks_differ then
        {%- for check in own_checks() %}
        alter table {{ relation }} add check ({{ check }});
        {%- endfor %}
    end if;
{%- endmacro %}

{#- The contract's checks as they are written: Postgres would tell those that it has told itself from them. -#}
{% macro own_checks() -%}
    {%- set found = model.constraints | selectattr("type", "equalto", "check") | map(attribute="expression") | list -%}
    {%- for column in model.columns.values() -%}
        {%- for check in column.constraints if check.type == "check" -%}
            {%- do found.append(check.expression) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The foreign keys that the table lacks; none to a table that is not here, as in a build of a few models. -#}
{% macro missing_foreign_keys() -%}
    {%- for column in model.columns.values() -%}
        {%- for key in column.constraints if key.type == "foreign_key" %}
            {%- set parent = key.expression.split("(")[0] | trim %}
            if to_regclass('{{ parent }}') is not null and not exists (
                select from pg_constraint as keys
                inner join pg_attribute as columns on keys.conrelid = columns.attrelid and keys.conkey[1] = columns.attnum
                where keys.conrelid = standing and keys.contype = 'f' and columns.attname = '{{ column.name }}'
            ) then
                alter table {{ this }} add foreign key ({{ column.name }}) references {{ key.expression }};
            end if;
        {%- endfor -%}
    {%- endfor -%}
    null;
{%- endmacro %}

{#- The one column that tells the rows apart; none where the model has no such. -#}
{% macro primary_key() -%}
    {%- for column in model.columns.values() -%}
        {%- if column.constraints | selectattr("type", "equalto", "primary_key") | list -%}
            {{ return(column.name) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
