{#-
  The words of the published tables, from those of the intermediate models. What the models derive has
  the words of asset ids and events: a kind, and whether a download and an upload are completed.
-#}

{#- The asset_type of a provider's kind: youtube_video, drive_file, google_doc and so on. -#}
{% macro asset_type(provider, kind) -%}
    case {{ kind }}
        when 'document' then 'google_doc'
        when 'document_html' then 'google_doc_html'
        when 'spreadsheet' then 'google_spreadsheet'
        when 'presentation' then 'google_presentation'
        else {{ provider }} || '_' || {{ kind }}
    end
{%- endmacro %}

{#- pending, downloaded, uploaded or failed. Only an object that rowkeeper has verified is uploaded. -#}
{% macro download_status(download, upload, archived_by) -%}
    case
        when {{ download }} = 'completed' and {{ is_archived(upload, archived_by) }} then 'uploaded'
        when {{ download }} = 'completed' then 'downloaded'
        else {{ download }}
    end
{%- endmacro %}

{#- pending, uploaded or failed; claimed where only the old system says that it is archived. -#}
{% macro upload_status(upload, archived_by) -%}
    case
        when {{ is_archived(upload, archived_by) }} then 'uploaded'
        when {{ upload }} = 'completed' then 'claimed'
        else {{ upload }}
    end
{%- endmacro %}

{#- Is a verified object of it in the store? -#}
{% macro is_archived(upload, archived_by) -%}
    coalesce({{ upload }} = 'completed' and {{ archived_by }} = 'rowkeeper', false)
{%- endmacro %}
