{# Stand-ins for the project's macros, for the linter alone: each gives SQL of the same shape. #}
{% macro is_loaded() %}_dlt_load_id in (select load_id from loads){% endmacro %}
{% macro matches(text, pattern) %}{{ text }} ~ 'pattern'{% endmacro %}
{% macro json_text(fields) %}cast({{ fields.values() | join(" || ") }} as text){% endmacro %}
{% macro after_checks() %}{% endmacro %}
{% macro trimmed(text) %}trim({{ text }}){% endmacro %}
{% macro unaccounted_rows(source, rows_in, file_column) %}select '{{ source }}' as file_id{% endmacro %}
{% macro listed(expression) %}string_agg(distinct {{ expression }}, ', ' order by {{ expression }}){% endmacro %}
{% macro type_grammar() %}grammar{% endmacro %}
{% macro order_in_file(rows="") %}{{ rows }}line, {{ rows }}row_key{% endmacro %}
{% macro type_part(cell, part) %}upper({{ cell }}){% endmacro %}
{% macro lacks_cell(cells, text) %}({{ text }} != '' and position({{ text }} in {{ cells }}) = 0){% endmacro %}
{% macro lacks_word(cells, text) %}(position({{ text }} in {{ cells }}) = 0){% endmacro %}
{% macro is_document(kind) %}case when {{ kind }} = 'document' then 1 else 0 end{% endmacro %}
{% macro document_depth() %}1{% endmacro %}
{% macro is_processed(cell) %}({{ cell }} = 'yes'){% endmacro %}
{% macro cell_link(relation) %}({{ relation }}.row_key || ':' || {{ relation }}.column_name){% endmacro %}
{% macro fetches_known_earlier() %}false{% endmacro %}
{% macro asset_type(provider, kind) %}{{ provider }} || '_' || {{ kind }}{% endmacro %}
{% macro download_status(download, upload, archived_by) %}coalesce({{ download }}, {{ upload }}, {{ archived_by }}){% endmacro %}
{% macro upload_status(upload, archived_by) %}coalesce({{ upload }}, {{ archived_by }}){% endmacro %}
{% macro is_archived(upload, archived_by) %}coalesce({{ upload }} = {{ archived_by }}, false){% endmacro %}
{% macro left_out() %}left out{% endmacro %}
{% macro ignoring_rule(file_name, row_id) %}case when {{ file_name }} = {{ row_id }} then 'rule' end{% endmacro %}
{% macro unsupported_reason(link_type, url) %}{{ link_type }} || {{ url }}{% endmacro %}
{% macro has_key(provider, url) %}({{ provider }} = 'vimeo' and {{ url }} like '%key%'){% endmacro %}
{% macro ignored_reason(link_type) %}nullif({{ link_type }}, 'mail'){% endmacro %}
{% macro all_captured(text, pattern) %}unnest(string_to_array({{ text }}, '{{ pattern }}')){% endmacro %}
{% macro json_elements(array) %}json_array_elements({{ array }}){% endmacro %}
{% macro json_type() %}json{% endmacro %}
{% macro is_read_again(kind) %}({{ kind }} = 'document'){% endmacro %}
{% macro is_list(kind) %}{{ kind }} in ('playlist', 'folder'){% endmacro %}
{% macro faults(attempts, begun, told) %}least({{ attempts }} - greatest({{ begun | join(", ") }}), {{ told }}){% endmacro %}
{% macro may_come_back(error_code) %}{{ error_code }} in ('private', 'gone'){% endmacro %}
{% macro sha256_of(text) %}md5({{ text }}){% endmacro %}
{% macro raw_values(table) %}name || email{% endmacro %}
{% macro computed_asset_id(row_id, provider, media_id, kind) %}cast({{ row_id }} || {{ provider }} || {{ media_id }} || {{ kind }} as uuid){% endmacro %}
{% macro key_now(key) %}{{ key }}{% endmacro %}
{% macro told_at(events) %}{{ events }}.occurred_at{% endmacro %}
{% macro next_try_at(events) %}{{ events }}.next_try_at{% endmacro %}
{% macro differences_from_models() %}select row_id from people{% endmacro %}
{% macro outcome_events() %}('downloaded', 'uploaded'){% endmacro %}
{% macro events_of_no_session() %}('row_accepted', 'row_released'){% endmacro %}
{% macro search_words(text) %}lower({{ text }}){% endmacro %}
{% macro adds() %}yes{% endmacro %}
{% macro columns_of(relation) %}event_id, load_id{% endmacro %}
{% macro events_since(compacted) %}select * from {{ compacted }}{% endmacro %}
{% macro dropped_files(events) %}select asset_id, attempt, local_path, data_folder from {{ events }}{% endmacro %}
{% macro is_same_file(download, dropped) %}{{ download }}.asset_id = {{ dropped }}.asset_id{% endmacro %}
{% macro also_as_built() %}{% endmacro %}
