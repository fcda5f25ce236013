-- What is known of a project's groups, profiles and memberships at one instant of the store.
-- Reads: all_groups, all_group_versions, all_profile_versions, all_memberships, all_keys (the project's rows).

-- one row is one group as it is now
known_groups as (
    select group_key, group_id, group_type, name, properties, created_at, updated_at
    from all_groups
    where not is_deleted
),
-- one row is one group that was deleted and did not come back
deleted_groups as (
    select group_key, group_id from all_groups where is_deleted
),
-- one row is one change of a group in its present life, if it has one
group_changes as (
    select *
    from all_group_versions
    qualify life = max(life) over (partition by group_key)
        and not bool_or(is_deleted) over (partition by group_key, life)
),
-- one row is one group through one span of time in which nothing about it changed; the first reaches back for ever
group_spans as (
    select
        group_key,
        group_id,
        last_value(group_type) over life as group_type,
        name, properties,
        case when row_number() over life = 1 then timestamp '-infinity' else effective_at end as valid_from,
        lead(effective_at, 1, timestamp 'infinity') over life as valid_to
    from group_changes
    window life as (
        partition by group_key order by effective_at, change_seq
        rows between unbounded preceding and unbounded following
    )
),
-- one row is one profile as it is now
known_profiles as (
    select user_key, profile_id, first_name, last_name, email, avatar, properties, created_at, updated_at
    from all_profile_versions
),
-- one row is one membership, ended or open
known_memberships as (
    select membership_seq, user_key, profile_id, group_key, group_id, joined_at, left_at
    from all_memberships
),
-- one row is one profile with the groups it is in now
members_now as (
    select user_key, list(group_key order by group_id) as group_keys
    from (select distinct user_key, group_key, group_id from known_memberships where left_at is null)
    group by user_key
),
-- one row is one instant at which a profile's memberships change
membership_edges as (
    select user_key, joined_at as edge from known_memberships
    union
    select user_key, left_at from known_memberships where left_at is not null
),
-- one row is one profile through one span of time in which it is in the same groups
member_spans as (
    select user_key, valid_from, valid_to, list(group_key order by group_id) as group_keys
    from (
        select distinct span.user_key, span.valid_from, span.valid_to, m.group_key, m.group_id
        from (
            select
                user_key, edge as valid_from,
                lead(edge, 1, timestamp 'infinity') over (partition by user_key order by edge) as valid_to
            from membership_edges
        ) as span
        join known_memberships as m
            on m.user_key = span.user_key
            and m.joined_at <= span.valid_from
            and coalesce(m.left_at, timestamp 'infinity') > span.valid_from
    )
    group by user_key, valid_from, valid_to
),
-- one row is one group id that is or was on an event, in a membership or upserted
group_ids as (
    select key as group_key, text as group_id from all_keys where kind = 1
),
-- one row is one profile or device
user_ids as (
    select key as user_key, text as user_id, kind = 2 as is_profile from all_keys where kind in (2, 3)
),
-- one row is one event name
event_names as (
    select key as name_key, text as name from all_keys where kind = 4
),
-- one row is one path of a page or screen
event_paths as (
    select key as path_key, text as path from all_keys where kind = 5
)
