-- Files whose people share no row with any other source: test data beside real data?

{{ config(severity="warn") }}

select
    file_id as row_key,
    file_name || ': ' || cast(people as text) || ' people who are in no other source, test data?' as reason
from {{ ref("int_legacy_files") }}
where is_apart
