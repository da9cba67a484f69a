-- What supports the claims of files and objects beside their own row: a link or a media id in another row
-- of the same person, of any generation, or a list that the old system left. A list is the stronger.

with claims as (
    select
        claims.claim_key,
        claims.row_key,
        source_rows.row_id,
        claims.provider,
        claims.media_id,
        claims.file_name,
        claims.object_uuid,
        claims.object_key
    from {{ ref("stg_legacy__claims") }} as claims
    inner join {{ ref("int_source_rows") }} as source_rows on claims.row_key = source_rows.row_key
    where source_rows.disposition = 'used' and claims.claim in ('upload', 'file')
),

other_rows as (
    select
        claims.claim_key,
        claims.provider,
        claims.media_id,
        source_rows.row_key,
        source_rows.place
    from claims
    inner join {{ ref("int_source_rows") }} as source_rows
        on claims.row_id = source_rows.row_id and claims.row_key != source_rows.row_key
    where
        claims.media_id is not null
        -- an older row of theirs in the same file is no table's, but it is theirs
        and (source_rows.disposition = 'used' or source_rows.is_superseded)
),

linked as (
    select
        other_rows.claim_key,
        1 as strength,
        'the ' || links.column_name || ' of ' || other_rows.place as words
    from other_rows
    inner join {{ ref("stg_rows__links") }} as links
        on other_rows.row_key = links.row_key and other_rows.provider = links.provider
    where position(',' || other_rows.media_id || ',' in ',' || links.media_id || ',') > 0
),

tracked as (
    select
        other_rows.claim_key,
        1 as strength,
        'the ' || other_rows.provider || '_media_id of ' || other_rows.place as words
    from other_rows
    inner join {{ ref("stg_legacy__rows") }} as legacy_rows on other_rows.row_key = legacy_rows.row_key
    where
        other_rows.media_id = case other_rows.provider
            when 'youtube' then {{ trimmed("legacy_rows.youtube_media_id") }}
            when 'drive' then {{ trimmed("legacy_rows.drive_media_id") }}
        end
),

lists as (
    select * from {{ ref("stg_legacy__evidence") }}
),

people as (
    select
        row_id,
        name_key,
        email_key
    from {{ ref("int_people") }}
),

-- A row id that a list names with somebody else's name is no longer the same person's.
named as (
    select
        lists.evidence_key,
        people.row_id
    from lists
    inner join people on lists.row_id = people.row_id
    where
        lists.person_key = ''
        or lists.person_key in (people.name_key, people.email_key)

    union all

    select
        lists.evidence_key,
        min(people.row_id) as row_id
    from lists
    inner join people on lists.person_key in (people.name_key, people.email_key)
    where lists.row_id = '' and lists.person_key != ''
    group by lists.evidence_key
    having count(distinct people.row_id) = 1
),

list_marks as (
    select
        evidence_key,
        media_id as mark
    from lists
    where media_id is not null
    union
    select
        evidence_key,
        object_uuid as mark
    from lists
    where object_uuid is not null
    union
    select
        evidence_key,
        file as mark
    from lists
    union
    select
        evidence_key,
        file_name as mark
    from lists
),

claim_marks as (
    select
        claim_key,
        row_id,
        media_id as mark
    from claims
    where media_id is not null
    union
    select
        claim_key,
        row_id,
        lower(object_uuid) as mark
    from claims
    where object_uuid is not null
    union
    select
        claim_key,
        row_id,
        object_key as mark
    from claims
    where object_key is not null
    union
    select
        claim_key,
        row_id,
        file_name as mark
    from claims
    where file_name is not null
),

listed as (
    select
        claim_marks.claim_key,
        2 as strength,
        lists.list_name || ', line ' || cast(lists.line as text) as words
    from claim_marks
    inner join list_marks on claim_marks.mark = list_marks.mark
    inner join named
        on list_marks.evidence_key = named.evidence_key and claim_marks.row_id = named.row_id
    inner join lists on list_marks.evidence_key = lists.evidence_key
),

all_evidence as (
    select * from linked
    union all
    select * from tracked
    union all
    select * from listed
)

select
    claim_key,
    max(strength) as strength,
    (array_agg(words order by strength desc, words))[1] as words
from all_evidence
group by claim_key
