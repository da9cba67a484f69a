{#-
  Adds and drops columns of a table whose rows are replaced. dbt's own way refuses to drop one that a view of
  an older version still reads; the build that drops it makes its views anew.
-#}
{% macro postgres__alter_relation_add_remove_columns(relation, add_columns, remove_columns) -%}
    {%- set changes = [] -%}
    {%- for column in add_columns or [] -%}
        {%- do changes.append("add column " ~ column.quoted ~ " " ~ column.expanded_data_type) -%}
    {%- endfor -%}
    {%- for column in remove_columns or [] -%}
        {%- do changes.append("drop column " ~ column.quoted ~ " cascade") -%}
    {%- endfor -%}
    {%- if changes -%}
        {%- do run_query("alter table " ~ relation ~ " " ~ changes | join(", ")) -%}
    {%- endif -%}
{%- endmacro %}
