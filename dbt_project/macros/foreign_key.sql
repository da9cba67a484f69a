{#-
  A foreign key to people, for a post-hook. Postgres enforces it; DuckDB could not replace a table that
  others refer to, so there the relationships tests hold alone.
-#}
{% macro references_people(column) -%}
    {%- if target.type == "postgres" -%}
        alter table {{ this }} add foreign key ({{ column }}) references {{ ref("people") }} (row_id)
    {%- endif -%}
{%- endmacro %}
