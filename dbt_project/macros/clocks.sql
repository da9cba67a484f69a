{#- When an event was told: by the earlier of the worker's clock and the database's. -#}
{% macro told_at(events) -%}
    case
        when {{ events }}.occurred_at > {{ events }}.loaded_at then {{ events }}.loaded_at
        else {{ events }}.occurred_at
    end
{%- endmacro %}

{#- When its asset may be tried again: the wait is the worker's, and begins when the event was told. -#}
{% macro next_try_at(events) -%}
    case
        when {{ events }}.occurred_at > {{ events }}.loaded_at
            then {{ events }}.loaded_at + ({{ events }}.next_try_at - {{ events }}.occurred_at)
        else {{ events }}.next_try_at
    end
{%- endmacro %}
