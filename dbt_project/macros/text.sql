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
