{{ config(materialized="view") -}}
-- Each run, also one that had nothing to do, and each load. A view over what runs report, so that a run that
-- builds nothing is told, too. One that ended badly after it had reported its end reports again: that counts.

with ends as (
    select
        *,
        row_number() over (partition by run_id order by exit_code desc, report_id) as end_rank
    from {{ ref("stg_runs__run_reports") }}
    where said = 'ended'
),

runs as (
    select
        started.run_id,
        started.command,
        started.reported_at as started_at,
        ends.reported_at as ended_at,
        ends.exit_code,
        ends.message,
        started.target,
        started.rowkeeper_version,
        started.dlt_version,
        started.dbt_version,
        ends.load_id,
        ends.sheet_source,
        ends.sheet_rows,
        ends.legacy_files,
        ends.rows_loaded,
        ends.downloaded_assets,
        ends.downloaded_bytes,
        ends.failed_downloads,
        ends.uploaded_assets,
        ends.failed_uploads,
        ends.paused_providers
    from {{ ref("stg_runs__run_reports") }} as started
    left join ends on started.run_id = ends.run_id and ends.end_rank = 1
    where started.said = 'started'
)

select
    run_id as run_key,
    'run' as kind,
    run_id,
    command,
    started_at,
    ended_at,
    case
        when exit_code is null then 'not_ended'
        when exit_code = 130 then 'interrupted'
        when exit_code != 0 then 'failed'
        when
            coalesce(rows_loaded, 0) + coalesce(downloaded_assets, 0) + coalesce(failed_downloads, 0)
            + coalesce(uploaded_assets, 0) + coalesce(failed_uploads, 0) = 0
            then 'nothing_new'
        else 'succeeded'
    end as outcome,
    cast(exit_code as integer) as exit_code,
    message,
    case
        when exit_code is null
            then 'it is under way, or was killed: then run again, which goes on where it ended'
        when exit_code = 130 then 'run again, which goes on where it ended'
        when exit_code != 0 then 'do what the message says, then run again'
        when failed_downloads + failed_uploads > 0 then 'see failures'
    end as next_step,
    target,
    rowkeeper_version,
    dlt_version,
    dbt_version,
    load_id,
    sheet_source,
    sheet_rows,
    legacy_files,
    rows_loaded,
    downloaded_assets,
    downloaded_bytes,
    failed_downloads,
    uploaded_assets,
    failed_uploads,
    paused_providers
from runs

union all

select
    loads.load_id as run_key,
    'load' as kind,
    runs.run_id,
    coalesce(runs.command, 'a load of its own') as command,
    loads.started_at,
    loads.ended_at,
    'succeeded' as outcome,
    null as exit_code,
    null as message,
    null as next_step,
    runs.target,
    runs.rowkeeper_version,
    runs.dlt_version,
    runs.dbt_version,
    loads.load_id,
    runs.sheet_source,
    runs.sheet_rows,
    runs.legacy_files,
    runs.rows_loaded,
    null as downloaded_assets,
    null as downloaded_bytes,
    null as failed_downloads,
    null as uploaded_assets,
    null as failed_uploads,
    null as paused_providers
from {{ ref("stg_events__dlt_loads") }} as loads
left join runs on loads.load_id = runs.load_id
