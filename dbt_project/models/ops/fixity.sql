{{ config(materialized="table") -}}
{{ after_checks() -}}
-- What was last found of each file and each object of each version, and what to do about it.

with copies as (
    select
        versions.*,
        assets.person_row_id,
        assets.provider,
        assets.asset_type,
        assets.is_wanted,
        assets.is_known_earlier,
        coalesce(versions.sha256 = assets.sha256, false) as is_current
    from {{ ref("int_asset_versions_as_built") }} as versions
    inner join {{ ref("int_assets_as_built") }} as assets on versions.asset_id = assets.asset_id
),

files as (
    select
        cast(asset_id as uuid) as asset_id,
        person_row_id,
        {{ asset_type("provider", "asset_type") }} as asset_type,
        asset_type as asset_kind,
        'file' as place,
        coalesce(local_path, lost_path) as path,
        data_folder as where_it_is,
        case
            when lost_path is not null then 'lost'
            when file_checks > 0 then 'whole'
            else 'unchecked'
        end as status,
        file_error_code as error_code,
        file_error_message as error_message,
        case
            when lost_path is null then null
            when is_archived then 'nothing: the next run brings it back from the archive'
            when not is_current
                then 'put the file or the object back from a backup: its source gives other content now'
            when is_wanted then 'nothing: the next run fetches it again'
            when is_known_earlier
                then 'run --known-earlier fetches it again: only an earlier row asks for it'
            else 'put the file back: no current row asks for it any more'
        end as next_step,
        file_checked_at as checked_at,
        version,
        is_current
    from copies
    where coalesce(local_path, lost_path) is not null
),

objects as (
    select
        cast(asset_id as uuid) as asset_id,
        person_row_id,
        {{ asset_type("provider", "asset_type") }} as asset_type,
        asset_type as asset_kind,
        'object' as place,
        object_key as path,
        store as where_it_is,
        case
            when not is_archived then 'lost'
            when object_checks > 0 then 'whole'
            else 'unchecked'
        end as status,
        object_error_code as error_code,
        object_error_message as error_message,
        case
            when is_archived then null
            when local_path is not null then 'nothing: the next run archives the file again'
            when not is_current
                then 'put the object or the file back from a backup: its source gives other content now'
            when is_wanted then 'nothing: the next run fetches it again and archives it'
            when is_known_earlier
                then 'run --known-earlier fetches it again: only an earlier row asks for it'
            else 'put the object back: its file is lost too, and no current row asks for it any more'
        end as next_step,
        object_checked_at as checked_at,
        version,
        is_current
    from copies
    where object_key is not null
)

select * from files
union all
select * from objects
