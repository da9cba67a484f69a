-- What looks like a web address in a cell of raw stands in links: a plain scan for a scheme, 'www.' or a
-- known host, with the beginning of the path, which shares nothing with what finds the links.
{%- set host = "[a-z0-9-]+(?:[.][a-z0-9-]+)*" %}
{%- set known = "(?:youtu[.]be|youtube[.]com|drive[.]google[.]com|docs[.]google[.]com)" %}

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

addresses as (
    select
        row_key,
        {{ all_captured(
            "lower(text)",
            "((?:https?(?:://|%3a%2f%2f)|www[.])" ~ host ~ "(?:/[a-z0-9_/?=%-]{0,11})?|" ~ known ~ "/[a-z0-9_-]{1,11})"
        ) }} as address
    from cells
    where text is not null
),

-- Without what may belong to the next one: the begin of an escape, of a scheme, of 'www.'.
beginnings as (
    select distinct
        row_key,
        regexp_replace(
            regexp_replace(address, '(_(x.*)?|h(t(t(ps?)?)?)?|w(w(w)?)?)$', ''), '[^a-z0-9]+$', ''
        ) as address
    from addresses
)

select
    beginnings.row_key,
    beginnings.address
from beginnings
left join {{ ref("links") }} as links
    on beginnings.row_key = links.row_key and position(beginnings.address in lower(links.url)) > 0
where links.link_key is null
