{#- The events that are outcomes: of a session's work on one asset. -#}
{% macro outcome_events() -%}
    (
        'downloaded', 'download_failed', 'reread_unchanged', 'reread_failed', 'uploaded', 'upload_failed',
        'file_verified', 'file_lost', 'file_dropped', 'object_verified', 'object_lost',
        'object_found', 'object_refuted'
    )
{%- endmacro %}

{#- The events that are a person's or a store's, of no session. -#}
{% macro events_of_no_session() -%}
    (
        'download_requested', 'upload_requested', 'row_accepted', 'row_released',
        'store_identified', 'store_moved'
    )
{%- endmacro %}
