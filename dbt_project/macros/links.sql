{#- The host of a web address. -#}
{% macro host_of(url) -%}
    {{ captured(url, "^[a-z]+://(?:[^/@]*@)?([^/?#]+)") }}
{%- endmacro %}

{#- Has a link a key that opens what it leads to, which not each link to it has? As Request.key of the downloaders. -#}
{% macro has_key(provider, url) -%}
    (
        lower({{ url }}) like '%resourcekey%'
        or (
            {{ provider }} = 'vimeo'
            and {{ matches(url, "[0-9](/|%2[fF]|[?]h=|&h=|%3[fF]h%3[dD]|%26h%3[dD])[0-9a-f]{8,16}") }}
        )
    )
{%- endmacro %}

{#- Why nothing fetches a link, in words; NULL for one that asks for an asset. -#}
{% macro unsupported_reason(link_type, url) -%}
    case
        when {{ link_type }} = 'shortened'
            then 'shortened: ' || coalesce({{ host_of(url) }}, '') || ' tells where it leads only when it is opened'
        when {{ link_type }} = 'channel' then 'channel: name its videos or a playlist'
        when {{ link_type }} = 'clip' then 'clip: the link does not name its video'
        when {{ link_type }} = 'youtube_page' then 'page of YouTube: neither a video nor a playlist'
        when {{ link_type }} = 'form' then 'form'
        when {{ link_type }} in ('drawing', 'videos', 'jamboard')
            then {{ link_type }} || ': Google exports no such document to everyone'
        when {{ link_type }} like 'published_%' then 'published page: share the original instead'
        when {{ link_type }} = 'unsupported' then 'no web address'
        when {{ link_type }} = 'no_id'
            then 'no id: the link names nothing of ' || coalesce({{ host_of(url) }}, '') || ' that can be fetched'
        else 'no provider: ' || coalesce({{ host_of(url) }}, 'nobody') || ' is not known'
    end
{%- endmacro %}

{#- The rule by which a link is no content wherever it stands; NULL without one. -#}
{% macro ignored_reason(link_type) -%}
    case {{ link_type }}
        when 'mail' then 'mail: an e-mail address'
        when 'sign_in' then 'sign-in: a page that asks who one is'
        when 'static' then 'static host: what pages are made of'
        when 'inside' then 'inside: a place in the sheet itself'
        when 'furniture' then 'furniture: the front door or the help of a site'
    end
{%- endmacro %}

{#- What the first group of a pattern matches, once for each match: rows in a select list. -#}
{% macro all_captured(text, pattern) -%}
    {{ return(adapter.dispatch("all_captured")(text, pattern)) }}
{%- endmacro %}

{% macro default__all_captured(text, pattern) -%}
    (regexp_matches({{ text }}, '{{ pattern }}', 'g'))[1]
{%- endmacro %}

{% macro duckdb__all_captured(text, pattern) -%}
    unnest(regexp_extract_all({{ text }}, '{{ pattern }}', 1))
{%- endmacro %}

{#- The elements of a JSON array: rows in a select list. -#}
{% macro json_elements(array) -%}
    {{ return(adapter.dispatch("json_elements")(array)) }}
{%- endmacro %}

{% macro default__json_elements(array) -%}
    json_array_elements({{ array }})
{%- endmacro %}

{% macro duckdb__json_elements(array) -%}
    unnest(cast({{ array }} as json []))
{%- endmacro %}
