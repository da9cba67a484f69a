{#- The snapshots or files of a source whose rows are not all used, quarantined or an exact repeat. -#}
{% macro unaccounted_rows(source, rows_in, file_column) -%}
    with rows_in as (
        select
            {{ file_column }} as file_id,
            count(*) as row_count
        from {{ rows_in }}
        group by {{ file_column }}
    ),

    rows_out as (
        select
            source_rows.file_id,
            count(case when source_rows.disposition = 'used' then 1 end) as used,
            count(
                case when source_rows.disposition = 'quarantined' and source_rows.reason != '' then 1 end
            ) as quarantined,
            count(case when originals.row_key is not null then 1 end) as repeats
        from {{ ref("int_source_rows") }} as source_rows
        left join {{ ref("int_source_rows") }} as originals
            on source_rows.disposition = 'repeat'
                and source_rows.representative_key = originals.row_key
                and source_rows.cells = originals.cells
                and originals.disposition != 'repeat'
        where source_rows.source = '{{ source }}'
        group by source_rows.file_id
    )

    select
        coalesce(rows_in.file_id, rows_out.file_id) as file_id,
        rows_in.row_count,
        rows_out.used,
        rows_out.quarantined,
        rows_out.repeats
    from rows_in
    full outer join rows_out on rows_in.file_id = rows_out.file_id
    where coalesce(rows_in.row_count, 0) != coalesce(rows_out.used + rows_out.quarantined + rows_out.repeats, 0)
{%- endmacro %}
