{#- How the reason of a row begins that a rule of legacy_csv.ignore leaves out. -#}
{% macro left_out() -%}
    {{ return("left out by legacy_csv.ignore") }}
{%- endmacro %}

{#-
  The first rule of the setting legacy_csv.ignore that leaves a row out; NULL without one. A rule is the
  name of a file, with * for any text, and by choice ':' and row ids: old_test*.csv, output.csv:900-905 7.
  What is none stops the build: it would leave out nothing, and nobody would know.
-#}
{% macro ignoring_rule(file_name, row_id) -%}
    {%- set rules = [] -%}
    {%- for rule in env_var("ROWKEEPER_LEGACY_CSV_IGNORE", "").split(",") if rule.strip() -%}
        {%- do rules.append(rule.strip()) -%}
    {%- endfor -%}
    {%- if not rules -%}
        cast(null as text)
    {%- else -%}
        case
        {%- for rule in rules %}
            {%- set named = modules.re.fullmatch(ignoring_pattern(), rule) -%}
            {%- if not named -%}
                {%- do exceptions.raise_compiler_error(
                    "ROWKEEPER_LEGACY_CSV_IGNORE: write the name of a file and, after a colon, row ids and ranges separated by "
                    ~ "spaces, as output.csv:900-905 12 7a, instead of " ~ rule
                ) -%}
            {%- endif -%}
            {%- set file = named.group(1) | replace("'", "''") -%}
            {%- set pattern = file | replace("!", "!!") | replace("%", "!%") | replace("_", "!_") | replace("*", "%") %}
            when {{ file_name }} like '{{ pattern }}' escape '!'
            {%- if named.group(2) %} and ({{ is_row_of(row_id, named.group(2).split()) }}){% endif %}
                then '{{ rule | replace("'", "''") }}'
        {%- endfor %}
        end
    {%- endif -%}
{%- endmacro %}

{#- How a rule is written: a file and, by choice, row ids. The settings know the same pattern. -#}
{% macro ignoring_pattern() -%}
    {%- set id = "(?:[0-9]{1,9}-[0-9]{1,9}|[0-9]{1,18}[a-z]?)" -%}
    {{ return("([^:]+|.+[.]csv[^:]*?)(?::[ ]*(" ~ id ~ "(?:[ ]+" ~ id ~ ")*))?") }}
{%- endmacro %}

{#- Is a row id one of these: '7', '7a', '900-905'? -#}
{% macro is_row_of(row_id, wanted) -%}
    {%- for part in wanted -%}
        {%- set ends = part.split("-") -%}
        {%- if ends | length == 1 -%}
            {{ row_id }} = '{{ part }}'
        {%- else -%}
            case when {{ matches(row_id, "^[0-9]{1,9}$") }} then cast({{ row_id }} as bigint) end
                between {{ ends[0] }} and {{ ends[1] }}
        {%- endif -%}
        {{ " or " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
