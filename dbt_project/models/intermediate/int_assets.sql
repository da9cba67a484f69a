-- Every asset with the state that follows from its events. Whose file is lost or dropped and whose object
-- is not there either is to be fetched again.

with entries as (
    select
        asset_id,
        case when count(*) = count(left_at) then max(left_at) end as left_at
    from {{ ref("int_list_entries") }}
    group by asset_id
),

-- Once for all assets, whatever number of them Postgres expects.
legacy_states as materialized (
    select * from {{ ref("int_legacy_states") }}
),

states as (
    select
        expected.*,
        case
            when
                (downloads.is_file_lost or downloads.is_file_dropped)
                and coalesce(uploads.upload_status, 'pending') != 'completed'
                then 'pending'
            else coalesce(downloads.download_status, legacy.download_status, 'pending')
        end as download_status,
        case
            when
                (downloads.is_file_lost or downloads.is_file_dropped)
                and coalesce(uploads.upload_status, 'pending') != 'completed'
                then null
            when downloads.download_status = 'completed'
                then coalesce(uploads.upload_status, 'pending')
            when downloads.download_status is null and legacy.object_key is not null then 'completed'
        end as upload_status,
        coalesce(downloads.is_file_lost, false) as is_file_lost,
        coalesce(downloads.is_file_dropped, false) as is_file_dropped,
        coalesce(downloads.is_temporary, false) as is_temporary,
        coalesce(uploads.is_object_lost, false) as is_object_lost,
        downloads.asset_id is not null as is_tried,
        downloads.attempts as download_attempts,
        downloads.tries as download_tries,
        downloads.faults as download_faults,
        downloads.next_try_at,
        downloads.data_folder,
        downloads.local_path,
        downloads.filename,
        downloads.mime_type,
        downloads.size_bytes,
        downloads.sha256,
        downloads.verdict as download_verdict,
        downloads.error_code as download_error_code,
        downloads.error_message as download_error_message,
        downloads.details as download_details,
        downloads.requested_attempt,
        downloads.download_status = 'completed' as is_held,
        case when expected.source_row_key is null then entries.left_at end as left_at,
        readings.read_attempt,
        readings.finished_attempt,
        readings.last_read_at,
        readings.session_id as read_in_session,
        readings.details as reading_details,
        readings.is_whole,
        readings.listed_entries,
        readings.stated_entries,
        readings.hidden_entries,
        readings.left_out_entries,
        readings.incomplete_because,
        readings.is_provisional,
        readings.next_try_at as reading_next_try_at,
        readings.failed_attempt,
        readings.last_failed_at,
        readings.error_code as reread_error_code,
        readings.error_message as reread_error_message,
        readings.verdict as reread_verdict,
        readings.failed_next_try_at,
        readings.failed_details as reread_failed_details,
        readings.told_faults,
        downloads.occurred_at as download_ended_at,
        downloads.session_id as download_session_id,
        downloads.told_at as download_told_at,
        uploads.attempts as upload_attempts,
        uploads.store,
        uploads.bucket,
        uploads.object_key,
        uploads.cloud_url,
        uploads.verdict as upload_verdict,
        uploads.error_code as upload_error_code,
        uploads.error_message as upload_error_message,
        uploads.occurred_at as upload_ended_at,
        legacy.verdict as legacy_verdict,
        legacy.words as legacy_words,
        legacy.file_name as legacy_file_name,
        legacy.object_key as legacy_object_key,
        legacy.object_uuid as legacy_object_uuid,
        found.store as legacy_store,
        found.bucket as legacy_bucket,
        found.cloud_url as legacy_cloud_url,
        legacy.claimed_at as legacy_claimed_at,
        legacy.evidence as legacy_evidence
    from {{ ref("int_expected_assets") }} as expected
    left join {{ ref("int_asset_downloads") }} as downloads on expected.asset_id = downloads.asset_id
    left join {{ ref("int_asset_uploads") }} as uploads on expected.asset_id = uploads.asset_id
    left join {{ ref("int_asset_readings") }} as readings on expected.asset_id = readings.asset_id
    left join entries on expected.asset_id = entries.asset_id
    left join legacy_states as legacy on expected.asset_id = legacy.asset_id
    left join {{ ref("int_legacy_objects") }} as found
        on expected.asset_id = found.asset_id and legacy.object_key = found.object_key
)

select
    asset_id,
    person_row_id,
    asset_type,
    provider,
    media_id,
    original_url,
    fetch_url,
    parent_asset_id,
    is_claimed,
    is_wanted,
    is_known_earlier,
    download_status,
    upload_status,
    coalesce(download_attempts, 0) as download_attempts,
    coalesce(upload_attempts, 0) as upload_attempts,
    coalesce(download_tries, 0) as download_tries,
    coalesce(download_faults, 0) as download_faults,
    case when download_status = 'failed' and is_tried then next_try_at end as next_try_at,
    case when not is_file_lost and not is_file_dropped then local_path end as local_path,
    case when is_file_lost then local_path end as lost_path,
    case when is_file_dropped then local_path end as dropped_path,
    is_temporary,
    is_object_lost,
    data_folder,
    coalesce(filename, legacy_file_name) as filename,
    mime_type,
    size_bytes,
    sha256,
    case
        when upload_status = 'completed' and object_key is not null then store
        when upload_status = 'completed' then legacy_store
    end as store,
    case
        when upload_status = 'completed' and object_key is not null then bucket
        when upload_status = 'completed' then legacy_bucket
    end as bucket,
    case
        when upload_status = 'completed' then coalesce(object_key, legacy_object_key)
    end as object_key,
    case
        when upload_status = 'completed' and object_key is not null then cloud_url
        when upload_status = 'completed' then legacy_cloud_url
    end as cloud_url,
    case
        when download_status = 'failed' and is_tried then download_verdict
        when download_status = 'failed' then legacy_verdict
        when upload_status = 'failed' then upload_verdict
    end as verdict,
    case
        when download_status = 'failed' and is_tried then download_error_code
        when download_status = 'failed' then 'legacy_failure'
        when upload_status = 'failed' then upload_error_code
    end as error_code,
    case
        when download_status = 'failed' and is_tried then download_error_message
        when download_status = 'failed' then legacy_words
        when upload_status = 'failed' then upload_error_message
    end as error_message,
    source_row_key,
    source_column,
    url_as_found,
    discovered_details,
    download_details,
    case
        when upload_status = 'completed' and object_key is not null then 'rowkeeper'
        when upload_status = 'completed' then 'legacy'
    end as archived_by,
    case when is_tried then 'live' else legacy_evidence end as evidence,
    legacy_words as legacy_status,
    left_at,
    coalesce(is_held and is_provisional, false) as is_provisional,
    coalesce(is_held and {{ is_read_again("asset_type") }} and is_whole, false) as is_whole,
    case when is_held then last_read_at end as last_read_at,
    read_in_session,
    {{ is_read_again("asset_type") }} or coalesce(is_provisional, false) as may_change,
    listed_entries,
    stated_entries,
    hidden_entries,
    left_out_entries,
    incomplete_because,
    reading_details,
    -- when it is read again whatever its age: asked for, failed since, not final, or not complete through
    -- the source; a limit of ours alone leaves it to its age
    case
        when not coalesce(is_held, false) or last_read_at is null then null
        when
            requested_attempt >= coalesce(failed_attempt, read_attempt)
            then cast('1970-01-01 00:00:00+00' as timestamptz)
        when failed_attempt is not null and reread_verdict in ('retry', 'pause')
            then coalesce(failed_next_try_at, last_failed_at)
        when failed_attempt is not null then null
        when
            is_provisional
            or (
                {{ is_read_again("asset_type") }}
                and not coalesce(is_whole, false)
                and coalesce(left_out_entries, 0) = 0
            )
            then coalesce(reading_next_try_at, last_read_at)
    end as next_read_at,
    case when failed_attempt is not null then last_failed_at else last_read_at end as last_looked_at,
    download_attempts - case
        when requested_attempt > finished_attempt then requested_attempt
        else finished_attempt
    end as reread_tries,
    case
        when finished_attempt is not null
            then {{ faults("download_attempts", ["requested_attempt", "finished_attempt"], "told_faults") }}
    end as reread_faults,
    reread_failed_details,
    reread_error_code,
    reread_error_message,
    reread_verdict,
    download_told_at,
    legacy_object_key,
    legacy_object_uuid,
    created_at,
    coalesce(upload_ended_at, download_ended_at, legacy_claimed_at, created_at) as updated_at,
    case when is_held and download_status = 'completed' then download_ended_at end as downloaded_at,
    case
        when upload_status = 'completed' and object_key is not null then upload_ended_at
    end as uploaded_at,
    case when is_held and download_status = 'completed' then download_session_id end as session_id
from states
