{# Is an asset of this kind a list or a document, which is read again because it may change? #}
{% macro is_read_again(kind) -%}
    ({{ is_list(kind) }}
    or {{ kind }} in ('document', 'document_html', 'spreadsheet', 'presentation'))
{%- endmacro %}

{# Is an asset of this kind a list of others? #}
{% macro is_list(kind) -%}
    {{ kind }} in ('playlist', 'folder')
{%- endmacro %}

{# Is it what its site said of it, rather than its link or its size? A private video can become public. #}
{% macro may_come_back(error_code) -%}
    ({{ error_code }} like 'http_4__' or {{ error_code }} in (
        'private', 'members_only', 'geo', 'removed', 'terminated', 'gone', 'not_found', 'unavailable',
        'no_transcript', 'drm', 'copyright', 'legal', 'led_elsewhere', 'not_a_file', 'not_a_document', 'no_answer'
    ))
{%- endmacro %}

{#-
  How many tries since the ``begun`` attempts came to nothing: as the last one told, for a pause is none; at most
  all of them.
-#}
{% macro faults(attempts, begun, told) -%}
    least({{ attempts }} - greatest({{ begun | join(", ") }}), coalesce({{ told }}, {{ attempts }}))
{%- endmacro %}
