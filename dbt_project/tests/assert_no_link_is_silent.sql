-- What looks like a web address in a cell of raw stands in links, as often as there: a plain scan for a
-- scheme, 'www.' or a known host, with its path, which shares nothing with what finds the links. It cuts
-- wherever an address may begin, also inside one: a piece of a link stands in links, too, and what is glued
-- to a link is no part of it.
{%- set hosts = [
    "youtu[.]be", "youtube[.]com", "youtubekids[.]com", "youtube-nocookie[.]com",
    "(?:drive|docs|sheets|slides|spreadsheets)[.]google[.]com", "lh3[.]googleusercontent[.]com",
    "vimeo[.]com", "loom[.]com", "dailymotion[.]com", "dai[.]ly",
] %}
{%- set known = "(?:" ~ hosts | join("|") ~ ")/" %}
{%- set host = "[a-z0-9][a-z0-9-]*(?:[.][a-z0-9-]+)*" %}
{%- set path = "[a-z0-9_/=%-]{0,80}(?:[?][a-z0-9_/=%-]{1,80})?" %}
{%- set behind_scheme = "https?(?:://|%3a%2f%2f)" ~ host ~ "(?:/" ~ path ~ ")?" %}
{%- set behind_www = "www[.]" ~ host ~ "(?:/" ~ path ~ ")?" %}

with texts as (
    select
        row_key,
        lower(regexp_replace(cells, '"title":"([^"\\]|\\.)*"', '', 'g')) as text
    from {{ ref("stg_sheet__rows") }}

    union all

    select
        row_key,
        lower(cells) as text
    from {{ ref("stg_legacy__rows") }}
),

-- The text of a cell with a link behind it may say that link once more, which is one.
counted as (
    select
        row_key,
        regexp_replace(text, '"text":"([^"\\]|\\.)*","links":\["', '["', 'g') as text,
        1 as times
    from texts

    union all

    select
        row_key,
        text,
        0 as times
    from texts
    where text like '%"links":["%'
),

-- Excel's line ends are none of an address, and each of these may begin one. In JSON nobody's text has the
-- sign " before a slash: a web scheme goes by it while all other schemes are taken out.
cut as (
    select
        row_key,
        times,
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(text, '_x00[01][0-9a-f]_', ' ', 'g'),
                    '(https?):/', ' \1"/', 'g'
                ),
                '[a-z0-9+.-]*://|mailto:', ' ', 'g'
            ),
            '(https?"/|https?%3a%2f|www[.]|{{ known }})', ' \1', 'g'
        ) as text
    from counted
    where text is not null
),

addresses as (
    select
        row_key,
        times,
        {{ all_captured(
            "replace(text, '\"/', ':/')",
            "(" ~ behind_scheme ~ "|" ~ behind_www ~ "|" ~ known ~ "[a-z0-9]" ~ path ~ ")"
        ) }} as address
    from cut
),

beginnings as (
    select
        row_key,
        regexp_replace(address, '(_(x[0-9a-f]{0,4})?)?[^a-z0-9]*$', '') as address,
        sum(times) as times
    from addresses
    group by 1, 2
)

select
    beginnings.row_key,
    beginnings.address,
    max(beginnings.times) as times
from beginnings
left join {{ ref("links") }} as links
    on beginnings.row_key = links.row_key and position(beginnings.address in lower(links.url)) > 0
group by 1, 2
having
    count(links.link_key) = 0
    or sum(
        (length(lower(links.url)) - length(replace(lower(links.url), beginnings.address, '')))
        / length(beginnings.address)
    ) < max(beginnings.times)
