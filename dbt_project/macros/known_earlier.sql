{# Does a cell of the column processed say that the old system read the row? #}
{% macro is_processed(cell) -%}
    coalesce(
        lower({{ trimmed(cell) }}) not in (
            '', '-', '''-', 'nan', '<na>', 'none', 'null', 'n/a', '[]', '{}', 'no', 'false', '0', '0.0'
        ),
        false
    )
{%- endmacro %}

{# Are links that are known from earlier fetched? The setting legacy_csv.known_earlier. #}
{% macro fetches_known_earlier() -%}
    {{ "true" if env_var("ROWKEEPER_LEGACY_CSV_KNOWN_EARLIER", "") == "fetch" else "false" }}
{%- endmacro %}

{# The key of a link in a cell. #}
{% macro cell_link(relation) -%}
    {{ relation }}.row_key || ':' || {{ relation }}.column_name || ':' || cast({{ relation }}.position as text)
{%- endmacro %}
