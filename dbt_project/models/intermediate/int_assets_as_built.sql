-- int_assets as it was at the last build, as a table. Only what a run asks between two builds reads int_assets.

select * from {{ ref("int_assets") }}
