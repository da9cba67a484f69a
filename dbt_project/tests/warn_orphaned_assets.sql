-- Archived content that no used row asks for any more.

{{ config(severity="warn") }}

select * from {{ ref("int_assets_as_built") }}
where not is_claimed
