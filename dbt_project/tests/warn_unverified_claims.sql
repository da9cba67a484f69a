-- Objects that the legacy CSVs list and that nothing else supports, or that several rows claim. Files
-- are in unverified_claims too; those matter only once they are adopted.

{{ config(severity="warn") }}

select *
from {{ ref("int_legacy_claims") }}
where claim = 'upload' and standing in ('contested', 'unverified')
