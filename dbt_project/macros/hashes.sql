{#- The SHA-256 of a text in UTF-8, as lower-case hex. -#}
{% macro sha256_of(text) -%}
    {{ return(adapter.dispatch("sha256_of")(text)) }}
{%- endmacro %}

{% macro default__sha256_of(text) -%}
    encode(sha256(convert_to({{ text }}, 'UTF8')), 'hex')
{%- endmacro %}

{% macro duckdb__sha256_of(text) -%}
    sha256({{ text }})
{%- endmacro %}

{#-
  The id of a person's copy of a medium: version 5 of a UUID, written anew from its definition (RFC 9562)
  so that it can check what rowkeeper/core/ids.py gives.
-#}
{% macro computed_asset_id(row_id, provider, media_id, kind) -%}
    {%- set fields = [] -%}
    {%- for field in [row_id, provider, media_id, kind] -%}
        {%- do fields.append("replace(replace(" ~ field ~ ", '\\', '\\\\'), '|', '\\|')") -%}
    {%- endfor -%}
    {{ return(adapter.dispatch("uuid5")(fields | join(" || '|' || "))) }}
{%- endmacro %}

{% macro asset_namespace() -%}
    {{ return("6f0b6a1e52f65c559d3f0d6f1f6c7a10") }}
{%- endmacro %}

{% macro default__uuid5(name) -%}
    {#- not by its source, which unit tests do not have -#}
    raw.uuid5('{{ asset_namespace() }}', {{ name }})
{%- endmacro %}

{% macro duckdb__uuid5(name) -%}
    {%- set digest = "sha1(unhex('" ~ asset_namespace() ~ "') || encode(" ~ name ~ "))" -%}
    cast(regexp_replace(
        {{ digest }}, '^(.{8})(.{4}).(.{3})(.)(.{3})(.{12}).*$',
        '\1-\2-5\3-' || translate(substr({{ digest }}, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') || '\5-\6'
    ) as uuid)
{%- endmacro %}

{#-
  Postgres has no SHA-1 of its own, and its extensions are not everywhere: this makes a function for it,
  once. The rounds are written out: plpgsql pays for each statement that it runs.
-#}
{% macro create_functions() -%}
    {{ return(adapter.dispatch("create_functions")()) }}
{%- endmacro %}

{% macro duckdb__create_functions() -%}
{%- endmacro %}

{% macro default__create_functions() -%}
    {%- set schema = source("raw", "asset_events").schema -%}
    {%- set made = "select to_regprocedure('" ~ schema ~ ".uuid5(text, text)') is not null" -%}
    {%- if execute and builds() and not run_query(made).rows[0][0] -%}
    create function {{ schema }}.uuid5(namespace text, name text) returns uuid
    language plpgsql immutable strict parallel safe as $uuid5$
    declare
        message bytea := decode(namespace, 'hex') || convert_to(name, 'UTF8');
        size bigint := length(message);
        place bigint := 0;
        h0 bigint := 1732584193; h1 bigint := 4023233417; h2 bigint := 2562383102;
        h3 bigint := 271733878; h4 bigint := 3285377520;
        a bigint; b bigint; c bigint; d bigint; e bigint; x bigint;
        {% for word in range(16) %}w{{ word }} bigint; {% endfor %}
        digest text;
    begin
        message := message || '\x80'::bytea
            || decode(repeat('00', ((119 - size % 64) % 64)::int), 'hex') || int8send(size * 8);
        while place < length(message) loop
            {% for word in range(16) -%}
            w{{ word }} := (get_byte(message, (place + {{ 4 * word }})::int)::bigint << 24)
                | (get_byte(message, (place + {{ 4 * word + 1 }})::int) << 16)
                | (get_byte(message, (place + {{ 4 * word + 2 }})::int) << 8)
                | get_byte(message, (place + {{ 4 * word + 3 }})::int);
            {% endfor -%}
            a := h0; b := h1; c := h2; d := h3; e := h4;
            {% for round in range(80) -%}
            {%- set p, q, r, s, t = ("abcdeabcde"[5 - round % 5:10 - round % 5]) | list -%}
            {%- if round >= 16 -%}
            {%- set word = "w" ~ round % 16 -%}
            x := {{ word }} # w{{ (round + 13) % 16 }} # w{{ (round + 8) % 16 }} # w{{ (round + 2) % 16 }};
            {{ word }} := ((x << 1) | (x >> 31)) & 4294967295;
            {% endif -%}
            {%- if round < 20 -%}{%- set f, k = "((" ~ q ~ " & (" ~ r ~ " # " ~ s ~ ")) # " ~ s ~ ")", 1518500249 -%}
            {%- elif round < 40 -%}{%- set f, k = "(" ~ q ~ " # " ~ r ~ " # " ~ s ~ ")", 1859775393 -%}
            {%- elif round < 60 -%}{%- set f, k = "((" ~ q ~ " & " ~ r ~ ") | (" ~ s ~ " & (" ~ q ~ " | " ~ r ~ ")))", 2400959708 -%}
            {%- else -%}{%- set f, k = "(" ~ q ~ " # " ~ r ~ " # " ~ s ~ ")", 3395469782 -%}{%- endif -%}
            {{ t }} := (((({{ p }} << 5) | ({{ p }} >> 27)) & 4294967295) + {{ f }} + {{ t }} + {{ k }} + w{{ round % 16 }}) & 4294967295;
            {{ q }} := (({{ q }} << 30) | ({{ q }} >> 2)) & 4294967295;
            {% endfor -%}
            h0 := (h0 + a) & 4294967295; h1 := (h1 + b) & 4294967295; h2 := (h2 + c) & 4294967295;
            h3 := (h3 + d) & 4294967295; h4 := (h4 + e) & 4294967295;
            place := place + 64;
        end loop;
        digest := lpad(to_hex(h0), 8, '0') || lpad(to_hex(h1), 8, '0') || lpad(to_hex(h2), 8, '0')
            || lpad(to_hex(h3), 8, '0');
        return (left(digest, 12) || '5' || substr(digest, 14, 3)
            || translate(substr(digest, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab')
            || substr(digest, 18))::uuid;
    end
    $uuid5$
    {%- endif -%}
{%- endmacro %}

{#-
  The values that a row of a raw table has by name, as one text: what loaders/tables.py makes their hash of.
  Its other columns are about the row.
-#}
{% macro raw_values(table) -%}
    {%- set about = [
        "row_key", "snapshot_id", "sheet_row", "is_header", "file_sha256", "line", "generation",
        "content_sha256", "values_sha256", "cells", "record_text", "record_base64",
    ] -%}
    {%- set values = ["''"] -%}
    {%- for node in graph.get("sources", {}).values() if node.name == table -%}
        {%- for column in node.columns | sort if column not in about and column[:1] != "_" -%}
            {%- do values.append("coalesce('" ~ column ~ "' || chr(30) || nullif(" ~ column ~ ", '') || chr(31), '')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ values | join(" || ") }}
{%- endmacro %}
