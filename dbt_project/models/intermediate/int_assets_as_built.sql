-- int_assets as it was at the last build, a table; only what a run asks between builds reads int_assets.

select * from {{ ref("int_assets") }}
