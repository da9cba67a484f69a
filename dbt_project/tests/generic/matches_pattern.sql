{#- Lists the rows whose text does not match the regular expression. -#}
{% test matches_pattern(model, column_name, pattern) %}
    select *
    from {{ model }}
    where {{ column_name }} is null or not {{ matches(column_name, pattern) }}
{% endtest %}
