-- Which legacy files are apart from all the rest: of their people none has a row in a source that leads,
-- from file to file, to the sheet. Without one, to the file that agrees with others about the most people:
-- test data may be larger than all that is real, but nothing confirms it.

with recursive people as (
    select
        case when source = 'sheet' then 'sheet' else file_id end as file_id,
        row_id,
        name_key,
        email_key
    from {{ ref("int_row_texts") }}
    where fault is null or fault = 'no row id'
),

-- Whatever two rows of one person may have in common: names get mended and e-mails change.
marks as (
    {%- for words, one, other in [
        ("row id and name", "row_id", "name_key"),
        ("row id and e-mail", "row_id", "email_key"),
        ("name and e-mail", "name_key", "email_key"),
    ] %}
    select distinct
        file_id,
        name_key || ' ' || email_key as person,
        '{{ words }} ' || {{ one }} || ' ' || {{ other }} as mark
    from people
    where {{ one }} != '' and {{ other }} != ''
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

shared as (
    select mark
    from marks
    group by mark
    having count(distinct file_id) > 1
),

agreeing as (
    select
        marks.file_id,
        count(distinct marks.person) as people
    from marks
    inner join shared on marks.mark = shared.mark
    group by marks.file_id
),

files as (
    select
        people.file_id,
        count(distinct people.name_key || ' ' || people.email_key) as people,
        coalesce(max(agreeing.people), 0) as agreeing
    from people
    left join agreeing on people.file_id = agreeing.file_id
    group by people.file_id
),

neighbours as (
    select distinct
        marks.file_id,
        others.file_id as other_file_id
    from marks
    inner join marks as others on marks.mark = others.mark and marks.file_id != others.file_id
),

start as (
    select file_id from files
    order by case when file_id = 'sheet' then 0 else 1 end, agreeing desc, people desc, file_id
    limit 1
),

reached as (
    select file_id from start
    union
    select neighbours.other_file_id
    from reached
    inner join neighbours on reached.file_id = neighbours.file_id
)

select
    legacy_files.file_sha256 as file_id,
    legacy_files.file_name,
    coalesce(files.people, 0) as people,
    coalesce(files.agreeing, 0) as agreeing,
    coalesce(files.people, 0) > 0 and reached.file_id is null as is_apart
from {{ ref("stg_legacy__files") }} as legacy_files
left join files on legacy_files.file_sha256 = files.file_id
left join reached on files.file_id = reached.file_id
