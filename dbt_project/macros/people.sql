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

{#-
  Which of several rows of a person in one snapshot or file is the person's: one with a row id of its own,
  in a sheet the topmost, in a CSV, which grows at its end, the last. For an order by; `rows` with its dot.
-#}
{% macro order_in_file(rows="") -%}
    case when {{ rows }}is_numbered then 0 else 1 end,
    case when {{ rows }}source = 'sheet' then {{ rows }}line else -{{ rows }}line end,
    {{ rows }}row_key
{%- endmacro %}
