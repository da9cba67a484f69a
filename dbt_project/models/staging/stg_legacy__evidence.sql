select
    evidence_key,
    file_sha256,
    list_name,
    list_kind,
    line,
    row_id,
    person,
    person_key,
    file,
    file_name,
    media_id,
    object_uuid,
    cells
from {{ source("raw", "legacy_evidence") }}
where {{ is_loaded() }}
