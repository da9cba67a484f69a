-- Links found = the sum of their fates, for each source.

with cells as (
    select distinct
        source,
        row_key,
        column_name,
        position
    from {{ ref("stg_rows__links") }}
),

readings as (
    select
        cast(events.details as json) as details,
        row_number() over (
            partition by events.asset_id order by events.attempt desc, events.event_id
        ) as reading_rank
    from {{ ref("int_events") }} as events
    inner join {{ ref("int_expected_assets") }} as assets on events.asset_id = assets.asset_id
    where events.event_type = 'document_read'
),

found as (
    select
        source,
        count(*) as links
    from cells
    group by source

    union all

    select
        'document' as source,
        sum(
            case
                when details ->> 'occurrences' is not null then json_array_length(details -> 'occurrences')
                when coalesce(details ->> 'links', '') = '' then 0
                else
                    length(details ->> 'links')
                    - length(replace(details ->> 'links', chr(10), '')) + 1
            end
            + coalesce(cast(details ->> 'left_out' as bigint), 0)
        ) as links
    from readings
    where reading_rank = 1
),

fates as (
    select
        source,
        sum(
            case
                when
                    fate in (
                        'asset', 'unsupported', 'ignored', 'not_followed', 'known_earlier', 'quarantined'
                    )
                    and (fate = 'asset' or reason != '')
                    then occurrences
            end
        ) as links
    from {{ ref("links") }}
    group by source
)

select
    coalesce(found.source, fates.source) as source,
    found.links as found,
    fates.links as with_a_fate
from found
full outer join fates on found.source = fates.source
where coalesce(found.links, 0) != coalesce(fates.links, 0)
