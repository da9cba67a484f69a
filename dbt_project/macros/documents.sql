{# 1 for a document, whose links are a step away from it, 0 for anything else. #}
{% macro is_document(kind) -%}
    case when {{ kind }} in ('document', 'document_html') then 1 else 0 end
{%- endmacro %}

{# The setting download.document_depth. #}
{% macro document_depth() -%}
    {{ (env_var("ROWKEEPER_DOWNLOAD_DOCUMENT_DEPTH", "") or "1") | int }}
{%- endmacro %}
