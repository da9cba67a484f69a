{#- Lists the rows whose text is nothing but white space. -#}
{% test not_blank(model, column_name) %}
    select *
    from {{ model }}
    where {{ trimmed(column_name) }} = ''
{% endtest %}
