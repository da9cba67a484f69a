-- The texts that people have now: the captions of their recordings, their documents. A table whose rows are
-- replaced, for the view passages reads it, and Postgres drops the views of a table that is made anew.

select
    cast(asset_id as text) as owner_key,
    asset_id,
    person_row_id,
    asset_type,
    'transcript' as kind,
    sha256 as content_sha256,
    case (metadata -> 'download') ->> 'caption_source'
        when 'automatic' then 'rolling'
        else 'captions'
    end as form,
    (metadata -> 'download') ->> 'caption_language' as language,
    coalesce((metadata -> 'download') ->> 'caption_source', 'manual') as source,
    original_url,
    filename as title
from {{ ref("assets") }}
where asset_kind = 'transcript' and sha256 is not null

union all

select
    documents.document_key as owner_key,
    documents.asset_id,
    documents.person_row_id,
    coalesce(assets.asset_type, 'google_doc') as asset_type,
    'document' as kind,
    documents.text_sha256 as content_sha256,
    'text' as form,
    cast(null as text) as language,
    documents.source,
    documents.original_url,
    assets.filename as title
from {{ ref("documents") }} as documents
left join {{ ref("assets") }} as assets on documents.asset_id = assets.asset_id
where documents.is_current
