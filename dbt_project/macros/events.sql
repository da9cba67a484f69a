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

{#- The files that were dropped once the archive had them, by the download that wrote each. -#}
{% macro dropped_files(events) -%}
    select distinct
        asset_id,
        attempt,
        local_path,
        coalesce(data_folder, '') as data_folder
    from {{ events }}
    where event_type = 'file_dropped'
{%- endmacro %}

{#- Did a download write the file that a row of ``dropped_files`` names? -#}
{% macro is_same_file(download, dropped) -%}
    {{ download }}.asset_id = {{ dropped }}.asset_id
    and {{ download }}.attempt = {{ dropped }}.attempt
    and {{ download }}.local_path = {{ dropped }}.local_path
    and coalesce({{ download }}.data_folder, '') = {{ dropped }}.data_folder
{%- endmacro %}
