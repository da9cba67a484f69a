-- The download event that holds for each asset: the highest attempt, a success before a failure. A
-- request to try again stands above the failures up to its attempt, and takes nothing away that is held.
-- A download may have no file here: its bytes went straight to the archive, or the file was dropped when
-- they were there. Readings of what is held already count as attempts and change nothing here.

with dropped as (
    {{ dropped_files(ref("int_events")) }}
),

counted as (
    select
        *,
        max(attempt) over (partition by asset_id) as attempts,
        max(case when event_type = 'download_requested' then attempt else 0 end)
            over (partition by asset_id) as requested_attempt,
        max(case when event_type = 'downloaded' then attempt else 0 end)
            over (partition by asset_id) as downloaded_attempt,
        max(case when event_type = 'download_failed' then attempt else 0 end)
            over (partition by asset_id) as failed_attempt
    from {{ ref("int_events") }}
    where
        event_type in (
            'downloaded', 'download_failed', 'download_requested', 'reread_unchanged', 'reread_failed'
        )
        and asset_id is not null
),

ranked as (
    select
        *,
        row_number() over (
            partition by asset_id
            order by
                attempt desc,
                case event_type when 'downloaded' then 0 when 'download_requested' then 1 else 2 end,
                event_id
        ) as event_rank
    from counted
    where
        event_type in ('downloaded', 'download_failed')
        or (
            event_type = 'download_requested'
            and (downloaded_attempt = 0 or downloaded_attempt < failed_attempt)
        )
)

select
    ranked.asset_id,
    case ranked.event_type
        when 'downloaded' then 'completed' when 'download_requested' then 'pending' else 'failed'
    end as download_status,
    ranked.attempts,
    ranked.attempts
    - case
        when ranked.requested_attempt > ranked.downloaded_attempt then ranked.requested_attempt
        else ranked.downloaded_attempt
    end as tries,
    case
        when ranked.event_type = 'download_failed'
            then {{ faults(
                "ranked.attempts",
                ["ranked.requested_attempt", "ranked.downloaded_attempt"],
                "ranked.told_faults"
            ) }}
        else 0
    end as faults,
    ranked.requested_attempt,
    ranked.attempt,
    ranked.local_path,
    ranked.filename,
    ranked.mime_type,
    ranked.size_bytes,
    ranked.sha256,
    ranked.verdict,
    ranked.error_code,
    ranked.error_message,
    ranked.details,
    {{ next_try_at("ranked") }} as next_try_at,
    ranked.data_folder,
    ranked.event_id,
    ranked.session_id,
    ranked.occurred_at,
    {{ told_at("ranked") }} as told_at,
    coalesce(ranked.is_temporary, false) as is_temporary,
    ranked.event_type = 'downloaded'
    and (ranked.local_path is null or dropped.asset_id is not null) as is_file_dropped,
    ranked.event_type = 'downloaded'
    and ranked.local_path is not null
    and dropped.asset_id is null
    and coalesce(checks.is_lost, false) as is_file_lost
from ranked
left join dropped on {{ is_same_file("ranked", "dropped") }}
left join {{ ref("int_asset_checks") }} as checks
    on ranked.asset_id = checks.asset_id and ranked.attempt = checks.attempt and checks.place = 'file'
where ranked.event_rank = 1
