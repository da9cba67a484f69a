-- Archived content that no used row asks for any more.

{{ config(severity="warn") }}

select * from {{ ref("int_assets") }}
where not is_claimed
