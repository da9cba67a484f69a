{#- A text as it is searched: folded, without accents. On Postgres a tsvector, by an expression that is indexed. -#}
{% macro search_words(text) -%}
    {{ return(adapter.dispatch("search_words")(text)) }}
{%- endmacro %}

{% macro duckdb__search_words(text) -%}
    lower(strip_accents({{ text }}))
{%- endmacro %}

{% macro default__search_words(text) -%}
    to_tsvector('simple'::regconfig, regexp_replace(normalize({{ text }}, NFKD), '[\u0300-\u036f]', '', 'g'))
{%- endmacro %}

{#- Postgres finds a passage by its words, and those of a text, without reading all. -#}
{% macro index_passages() -%}
    {{ return(adapter.dispatch("index_passages")()) }}
{%- endmacro %}

{% macro duckdb__index_passages() -%}
{%- endmacro %}

{% macro default__index_passages() -%}
    {%- set table = source("raw_words", "passages") -%}
    select pg_advisory_xact_lock(1380666189, 0); {#- as raw_lock -#}
    create index if not exists passages_words on {{ table }} using gin (({{ search_words("passage") }}));
    create index if not exists passages_text on {{ table }} (text_key)
{%- endmacro %}
