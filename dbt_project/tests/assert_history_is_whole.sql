-- Each version of a person begins with a row that says it, each row that is theirs is in a version of that
-- time, and the versions are counted without a gap.

with history as (
    select * from {{ ref("people_history") }}
),

observed as (
    select
        source_rows.row_id,
        source_rows.source,
        source_rows.row_key,
        source_rows.name,
        source_rows.email,
        source_rows.personality_type,
        source_rows.observed_at,
        min(case when source_rows.source = 'sheet' then source_rows.observed_at end)
            over (partition by source_rows.row_id) as first_in_sheet_at,
        -- a row that was accepted for a person whom others describe gives them its links alone
        coalesce(source_rows.is_accepted, false) as is_accepted,
        count(case when not coalesce(source_rows.is_accepted, false) then 1 end)
            over (partition by source_rows.row_id) as others
    from {{ ref("int_source_rows") }} as source_rows
    left join {{ ref("int_source_rows") }} as representatives
        on source_rows.disposition = 'repeat' and source_rows.representative_key = representatives.row_key
    where
        source_rows.observed_at is not null
        and (
            source_rows.disposition = 'used'
            -- the same cells under other titles may be read as somebody else's
            or (representatives.disposition = 'used' and representatives.row_id = source_rows.row_id)
        )
),

-- Of several rows of one moment one is taken; so a moment, not a row, must be in a version.
moments as (
    select
        row_id,
        observed_at,
        min(row_key) as row_key
    from observed
    where
        not (is_accepted and others > 0)
        and (source = 'sheet' or first_in_sheet_at is null or observed_at < first_in_sheet_at)
    group by row_id, observed_at
)

select
    'each moment of a person is in a version' as invariant,
    moments.row_id,
    moments.row_key as found_in,
    'no version says what the rows of ' || cast(moments.observed_at as text) || ' say' as said
from moments
where
    not exists (
        select 1
        from history
        inner join observed
            on
            history.row_id = observed.row_id
            and history.name is not distinct from observed.name
            and history.email is not distinct from observed.email
            and history.personality_type is not distinct from observed.personality_type
        where
            history.row_id = moments.row_id
            and observed.observed_at = moments.observed_at
            and history.valid_from <= moments.observed_at
            and (
                history.valid_to is null
                or history.valid_to > moments.observed_at
                or history.valid_from = moments.observed_at
            )
    )

union all

select
    'each version is said by a row' as invariant,
    history.row_id,
    history.version_key as found_in,
    history.name as said
from history
where
    not exists (
        select 1 from observed
        where
            observed.row_id = history.row_id
            and observed.observed_at = history.valid_from
            and observed.name is not distinct from history.name
            and observed.email is not distinct from history.email
            and observed.personality_type is not distinct from history.personality_type
    )

union all

select
    'versions are counted without a gap' as invariant,
    row_id,
    row_id as found_in,
    cast(count(*) as text) || ' versions, the last is ' || cast(max(version) as text) as said
from history
group by row_id
having count(*) != max(version) or min(version) != 1 or count(distinct version) != count(*)
