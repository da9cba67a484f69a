-- depends_on: {{ ref("stg_events__event_loads") }}
-- The events that can still count. What is told again and again of one copy, that it was checked, failed or
-- was found unchanged, is there once: the telling that holds, by the order of the models that read it. An
-- event that is passed over here stays so, whatever comes later; raw has it.

with told as (
    select
        events.*,
        coalesce(events.asset_id, events.event_id) as event_key,
        row_number() over (partition by events.load_id order by events.event_id) = 1 as is_first_of_load
    {% if adds() %}
    from ({{ events_since(this) }}) as events
    {% else %}
    from {{ ref("stg_events__asset_events") }} as events
    {% endif %}
    where events.load_id != ''
),

known as (
    {% if adds() %}
    select {{ columns_of(this) }} from told
    union all
    select {{ columns_of(this) }} from {{ this }}
    where
        event_key in (select told.event_key from told)
        and load_id in (select loads.load_id from {{ ref("stg_events__event_loads") }} as loads)
    {% else %}
    select * from told
    {% endif %}
),

ranked as (
    select
        event_id,
        is_first_of_load,
        event_type in (
            'file_verified', 'file_lost', 'object_verified', 'object_lost',
            'download_failed', 'upload_failed', 'reread_failed'
        )
        or (event_type = 'reread_unchanged' and listing_attempt is null) as is_repeatable,
        row_number() over (
            partition by
                asset_id,
                case event_type
                    when 'file_lost' then 'file_verified' when 'object_lost' then 'object_verified'
                    else event_type
                end,
                case
                    when event_type in ('file_verified', 'file_lost', 'object_verified', 'object_lost')
                        then attempt
                end,
                sha256,
                is_whole,
                is_provisional
            order by
                check_number desc nulls last,
                attempt desc,
                case when event_type in ('file_lost', 'object_lost') then 0 else 1 end,
                event_id
        ) as telling_rank,
        row_number() over (partition by asset_id order by occurred_at, event_id) as age_rank,
        row_number() over (
            partition by
                asset_id, row_id, provider, media_id, asset_kind, original_url, store, bucket, object_key
            order by event_id
        ) as mention_rank
    from known
)

select * from known
where
    event_id in (
        select ranked.event_id from ranked
        where
            not ranked.is_repeatable
            or ranked.telling_rank = 1
            or ranked.age_rank = 1
            or ranked.mention_rank = 1
            or ranked.is_first_of_load
    )
