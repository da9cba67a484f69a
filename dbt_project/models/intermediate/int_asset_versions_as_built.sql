-- depends_on: {{ ref("int_loads_as_built") }}
-- int_asset_versions as it was at the last build, a table; only what a run asks after new events reads
-- int_asset_versions.

select * from {{ ref("int_asset_versions") }}
