{#
    Does a cell of the column processed say that the old system read the row? Only words that are known to say
    so, or a date, do: any other, such as pending, error or skipped, says nothing.
#}
{% macro is_processed(cell) -%}
    coalesce(
        lower({{ trimmed(cell) }}) in (
            'yes', 'y', 'true', 't', '1', '1.0', '1.00', 'x', 'ok', '✓', '✔', '✔️', '☑', '☑️', '✅',
            'done', 'processed', 'complete', 'completed', 'finished', 'success', 'successful', 'succeeded',
            'ja', 'j', 'wahr', 'erledigt', 'fertig', 'verarbeitet', 'abgeschlossen',
            'oui', 'vrai', 'fait', 'si', 'sí', 'sì', 'verdadero', 'hecho', 'sim', 'verdadeiro', 'vero', 'fatto',
            'da', 'да', 'так', 'tak', 'ano', 'evet', 'igen', 'kyllä', 'ναι', '是', 'はい', '예'
        )
        or {{ matches(trimmed(cell), "^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{2,4}([T ,].*)?$") }},
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
