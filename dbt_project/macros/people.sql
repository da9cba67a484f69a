{#- The e-mail address in a cell: lower case, without the words and signs around it; NULL without one. -#}
{% macro email_address(cell) -%}
    {%- set part = '[^ @<>(),;:"/\\[\\]\\\\]' -%}
    {%- set pattern = "(" ~ part ~ "+@" ~ part ~ "+[.]" ~ part[:-1] ~ ".]+)" -%}
    nullif(trim({{ captured(normalised(cell), pattern) }}, ''''), '')
{%- endmacro %}

{#- A standard type: MF-Si/Fe-CS/P(B) #3, the number by choice. -#}
{% macro type_grammar() -%}
    {{ return("^[MF]{2}-[SNTF][ie]/[SNTF][ie]-[SCPB]{2}/[SCPB]\\([SCPB]\\)(?: #[1-4])?$") }}
{%- endmacro %}

{#- A part of a type, as written: modality, functions, animals or number; NULL where there is none. -#}
{% macro type_part(cell, part) -%}
    {%- set patterns = {
        "modality": "^([MF]{2})(?:[^A-Za-z]|$)",
        "functions": "(?:^|[^A-Za-z])([SNTF][ie][/-][SNTF][ie])(?:[^A-Za-z]|$)",
        "animals": "(?:^|[^A-Za-z])([SCPB]{2}/[SCPB]\\([SCPB]\\))",
        "number": "#([1-4])$",
    } -%}
    {{ captured(trimmed(cell), patterns[part]) }}
{%- endmacro %}
