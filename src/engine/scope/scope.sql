-- What is known of a project's groups, profiles and memberships at one instant of the store.
-- Reads: all_group_versions, all_profile_versions, all_memberships (the project's rows of the snapshot).

-- one row is one change of a group, as its latest row tells it; only the group's present life, if it has one
group_changes as (
    select *
    from (
        select * from all_group_versions
        qualify row_number() over (partition by group_id, change_seq order by seq desc) = 1
    )
    qualify life = max(life) over (partition by group_id)
        and not bool_or(is_deleted) over (partition by group_id, life)
),
-- one row is one group that was deleted and did not come back
deleted_groups as (
    select distinct group_id
    from all_group_versions
    where group_id not in (select group_id from group_changes)
),
-- one row is one group as it is now
known_groups as (
    select
        group_id, group_type, name, properties, created_at,
        max(changed_at) over (partition by group_id) as updated_at
    from group_changes
    qualify row_number() over (partition by group_id order by effective_at desc, change_seq desc) = 1
),
-- one row is one group through one span of time in which nothing about it changed; the first reaches back for ever
group_spans as (
    select
        group_id,
        last_value(group_type) over life as group_type,
        name, properties,
        case when row_number() over life = 1 then timestamp '-infinity' else effective_at end as valid_from,
        lead(effective_at, 1, timestamp 'infinity') over life as valid_to
    from group_changes
    window life as (
        partition by group_id order by effective_at, change_seq
        rows between unbounded preceding and unbounded following
    )
),
-- one row is one profile as it is now
known_profiles as (
    select profile_id, first_name, last_name, email, avatar, properties, created_at, updated_at
    from all_profile_versions
    qualify row_number() over (partition by profile_id order by seq desc) = 1
),
-- one row is one membership, ended or open
known_memberships as (
    select membership_seq, profile_id, group_id, joined_at, left_at
    from all_memberships
    qualify row_number() over (partition by membership_seq order by seq desc) = 1
),
-- one row is one profile with the groups it is in now
members_now as (
    select profile_id, list(distinct group_id order by group_id) as groups
    from known_memberships where left_at is null group by profile_id
),
-- one row is one instant at which a profile's memberships change
membership_edges as (
    select profile_id, joined_at as edge from known_memberships
    union
    select profile_id, left_at from known_memberships where left_at is not null
),
-- one row is one profile through one span of time in which it is in the same groups
member_spans as (
    select
        span.profile_id, span.valid_from, span.valid_to,
        list(distinct m.group_id order by m.group_id) as groups
    from (
        select
            profile_id, edge as valid_from,
            lead(edge, 1, timestamp 'infinity') over (partition by profile_id order by edge) as valid_to
        from membership_edges
    ) as span
    join known_memberships as m
        on m.profile_id = span.profile_id
        and m.joined_at <= span.valid_from
        and coalesce(m.left_at, timestamp 'infinity') > span.valid_from
    group by span.profile_id, span.valid_from, span.valid_to
)
