{#- White space and zero-width characters: what the loaders trim from a cell's ends. -#}
{% macro spaces() -%}
    {{ return("\u0009\u000a\u000b\u000c\u000d\u001c\u001d\u001e\u001f\u0020\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000") }}
{%- endmacro %}

{% macro zero_width() -%}
    {{ return("\u200b\u200c\u200d\u2060\ufeff") }}
{%- endmacro %}

{#- The text without white space and zero-width characters at its ends; '' for NULL. -#}
{% macro trimmed(text) -%}
    trim(coalesce({{ text }}, ''), '{{ spaces() ~ zero_width() }}')
{%- endmacro %}

{#- Lower case that is the same on every engine and under every locale of a server. -#}
{% macro lowered(text) -%}
    {%- set upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽȘȚ" -%}
    translate({{ text }}, '{{ upper }}', '{{ upper | lower }}')
{%- endmacro %}

{#- For comparing only: lower case, no zero-width characters, single spaces. -#}
{% macro normalised(text) -%}
    {%- set known = spaces() ~ zero_width() -%}
    {%- set text = "translate(coalesce(" ~ text ~ ", ''), '" ~ known ~ "', '" ~ " " * spaces() | length ~ "')" -%}
    {{ lowered("trim(regexp_replace(" ~ text ~ ", ' +', ' ', 'g'))") }}
{%- endmacro %}

{#- As the loaders make raw.row_keys: normalised and without white space, for rows that have no keys yet. -#}
{% macro squashed(text) -%}
    replace({{ normalised(text) }}, ' ', '')
{%- endmacro %}

{#- The first word of a normalised text. -#}
{% macro first_word(text) -%}
    split_part({{ text }}, ' ', 1)
{%- endmacro %}
