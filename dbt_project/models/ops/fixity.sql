{{ config(materialized="table") -}}
{{ after_checks() -}}
-- What was last found of each file and each object, and what to do about it.

with files as (
    select
        cast(assets.asset_id as uuid) as asset_id,
        assets.person_row_id,
        {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
        assets.asset_type as asset_kind,
        'file' as place,
        coalesce(assets.local_path, assets.lost_path) as path,
        assets.data_folder as where_it_is,
        case
            when assets.lost_path is not null then 'lost'
            when checks.asset_id is not null then 'whole'
            else 'unchecked'
        end as status,
        case when assets.lost_path is not null then checks.file_error_code end as error_code,
        case when assets.lost_path is not null then checks.file_error_message end as error_message,
        case
            when assets.lost_path is null then null
            when assets.archived_by = 'rowkeeper' then 'nothing: the next run brings it back from the archive'
            when assets.is_wanted then 'nothing: the next run fetches it again'
            when assets.is_known_earlier
                then 'run --known-earlier fetches it again: only an earlier row asks for it'
            else 'put the file back: no current row asks for it any more'
        end as next_step,
        checks.file_checked_at as checked_at
    from {{ ref("int_assets") }} as assets
    left join {{ ref("int_asset_checks") }} as checks
        on assets.asset_id = checks.asset_id and assets.file_attempt = checks.file_attempt
    where coalesce(assets.local_path, assets.lost_path) is not null
),

objects as (
    select
        cast(assets.asset_id as uuid) as asset_id,
        assets.person_row_id,
        {{ asset_type("assets.provider", "assets.asset_type") }} as asset_type,
        assets.asset_type as asset_kind,
        'object' as place,
        uploads.object_key as path,
        uploads.store as where_it_is,
        case
            when assets.is_object_lost then 'lost'
            when checks.asset_id is not null then 'whole'
            else 'unchecked'
        end as status,
        case when assets.is_object_lost then checks.object_error_code end as error_code,
        case when assets.is_object_lost then checks.object_error_message end as error_message,
        case
            when not assets.is_object_lost then null
            when assets.local_path is not null then 'nothing: the next run archives the file again'
            when assets.is_wanted then 'nothing: the next run fetches it again and archives it'
            when assets.is_known_earlier
                then 'run --known-earlier fetches it again: only an earlier row asks for it'
            else 'put the object back: its file is lost too, and no current row asks for it any more'
        end as next_step,
        checks.object_checked_at as checked_at
    from {{ ref("int_assets") }} as assets
    inner join {{ ref("int_asset_uploads") }} as uploads on assets.asset_id = uploads.asset_id
    left join {{ ref("int_asset_checks") }} as checks
        on assets.asset_id = checks.asset_id and uploads.attempt = checks.object_attempt
    where uploads.object_key is not null
)

select * from files
union all
select * from objects
