-- What looks like a web address in a cell of raw stands in links: a plain scan for hosts behind a scheme,
-- which shares nothing with what finds the links.

with cells as (
    select
        row_key,
        regexp_replace(cells, '"title":"([^"\\]|\\.)*"', '', 'g') as text
    from {{ ref("stg_sheet__rows") }}

    union all

    select
        row_key,
        cells as text
    from {{ ref("stg_legacy__rows") }}
),

hosts as (
    select
        row_key,
        {{ all_captured("lower(text)", "(https?://[a-z0-9][a-z0-9.-]*)") }} as host
    from cells
    where text is not null
)

select distinct
    hosts.row_key,
    hosts.host
from hosts
left join {{ ref("links") }} as links
    on hosts.row_key = links.row_key and position(hosts.host in lower(links.url)) > 0
where links.link_key is null
