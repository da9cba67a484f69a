-- depends_on: {{ ref("int_loads_as_built") }}
-- int_assets as it was at the last build, a table; only what a run asks after new events reads int_assets.

select * from {{ ref("int_assets") }}
