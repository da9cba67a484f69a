-- Every asset with the state that follows from its events.

with states as (
    select
        expected.*,
        coalesce(downloads.download_status, 'pending') as download_status,
        case
            when downloads.download_status = 'completed'
                then coalesce(uploads.upload_status, 'pending')
        end as upload_status,
        downloads.attempts as download_attempts,
        downloads.local_path,
        downloads.filename,
        downloads.mime_type,
        downloads.size_bytes,
        downloads.sha256,
        downloads.verdict as download_verdict,
        downloads.error_code as download_error_code,
        downloads.error_message as download_error_message,
        downloads.details as download_details,
        downloads.occurred_at as downloaded_at,
        uploads.attempts as upload_attempts,
        uploads.store,
        uploads.bucket,
        uploads.object_key,
        uploads.cloud_url,
        uploads.verdict as upload_verdict,
        uploads.error_code as upload_error_code,
        uploads.error_message as upload_error_message,
        uploads.occurred_at as uploaded_at
    from {{ ref("int_expected_assets") }} as expected
    left join {{ ref("int_asset_downloads") }} as downloads on expected.asset_id = downloads.asset_id
    left join {{ ref("int_asset_uploads") }} as uploads on expected.asset_id = uploads.asset_id
)

select
    asset_id,
    person_row_id,
    asset_type,
    provider,
    media_id,
    original_url,
    parent_asset_id,
    is_claimed,
    is_wanted,
    download_status,
    upload_status,
    coalesce(download_attempts, 0) as download_attempts,
    coalesce(upload_attempts, 0) as upload_attempts,
    local_path,
    filename,
    mime_type,
    size_bytes,
    sha256,
    case when upload_status = 'completed' then store end as store,
    case when upload_status = 'completed' then bucket end as bucket,
    case when upload_status = 'completed' then object_key end as object_key,
    case when upload_status = 'completed' then cloud_url end as cloud_url,
    case
        when download_status = 'failed' then download_verdict
        when upload_status = 'failed' then upload_verdict
    end as verdict,
    case
        when download_status = 'failed' then download_error_code
        when upload_status = 'failed' then upload_error_code
    end as error_code,
    case
        when download_status = 'failed' then download_error_message
        when upload_status = 'failed' then upload_error_message
    end as error_message,
    {{ json_text({
        "source_row": "source_row_key",
        "source_column": "source_column",
        "url_as_found": "url_as_found",
        "discovered": "cast(discovered_details as json)",
        "download": "cast(download_details as json)",
    }) }} as metadata,
    created_at,
    coalesce(uploaded_at, downloaded_at, created_at) as updated_at
from states
