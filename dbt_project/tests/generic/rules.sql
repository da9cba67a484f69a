{#-
  Lists the rows that break a rule of a column, with the first that each breaks: a model's rules are one test, so that
  a build asks the model once and not for each rule. A key that is NULL stands in no row twice.
-#}
{% test rules(model, unique=[], not_null=[], not_blank=[], accepted_values={}) %}
{%- set columns = (unique + not_null + not_blank + accepted_values.keys() | list) | unique | list -%}
{%- set broken = {} -%}
{%- for column in not_null -%}
    {%- do broken.update({column ~ " is null": column ~ " is null"}) -%}
{%- endfor -%}
{%- for column in not_blank -%}
    {%- do broken.update({column ~ " is blank": trimmed(column) ~ " = ''"}) -%}
{%- endfor -%}
{%- for column in unique -%}
    {%- do broken.update({column ~ " stands twice": column ~ " is not null and rows_of_" ~ column ~ " > 1"}) -%}
{%- endfor -%}
{%- for column, values in accepted_values.items() -%}
    {%- do broken.update({column ~ " has another value": column ~ " not in ('" ~ values | join("', '") ~ "')"}) -%}
{%- endfor -%}
{%- set counts = [] -%}
{%- for column in unique -%}
    {%- do counts.append("count(*) over (partition by " ~ column ~ ") as rows_of_" ~ column) -%}
{%- endfor -%}
{%- set cases = [] -%}
{%- for words, condition in broken.items() -%}
    {%- do cases.append("when " ~ condition ~ " then '" ~ words ~ "'") -%}
{%- endfor %}
    with rows_to_check as (
        select {{ (columns + counts) | join(", ") }}
        from {{ model }}
    )

    select
        case {{ cases | join(" ") }} end as broken_rule,
        {{ columns | join(", ") }}
    from rows_to_check
    where {{ broken.values() | join(" or ") }}
{% endtest %}
