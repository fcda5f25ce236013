-- Question: which profiles are there, with what is known of them?
-- One row is: one profile.
-- Parameters: $search, text to look for, or null; $first, rows at most.
-- Columns: profile_id, first_name, last_name, email, avatar, properties (JSON text), groups (ids of the groups it is
--   in now), first_seen_at, last_seen_at, events.
-- Choices: everybody who was identified, was ever a member, or has an event is listed. Deleted groups are left out.
with
-- one row is one profile that has an event
active as (
    select
        user_key, min(first_at) as first_seen_at, max(last_at) as last_seen_at, sum(events)::bigint as events
    from scoped_activity
    where user_key is not null
    group by user_key
),
-- one row is the same with the profile's id
seen as (
    select u.user_id as profile_id, a.first_seen_at, a.last_seen_at, a.events
    from active as a
    join user_ids as u on u.user_key = a.user_key
),
-- one row is one profile
everybody as (
    select profile_id from known_profiles
    union
    select profile_id from known_memberships
    union
    select profile_id from seen
),
-- one row is one profile that is in a group now
grouped as (
    select profile_id, list(group_id order by joined_at, group_id) as groups
    from known_memberships
    where left_at is null and group_id not in (select group_id from deleted_groups)
    group by profile_id
)
select
    e.profile_id, p.first_name, p.last_name, p.email, p.avatar, p.properties,
    m.groups, s.first_seen_at, s.last_seen_at, coalesce(s.events, 0) as events
from everybody as e
left join known_profiles as p on p.profile_id = e.profile_id
left join seen as s on s.profile_id = e.profile_id
left join grouped as m on m.profile_id = e.profile_id
where $search::varchar is null
    or contains(lower(e.profile_id), lower($search::varchar))
    or contains(lower(coalesce(p.email, '')), lower($search::varchar))
    or contains(lower(concat_ws(' ', p.first_name, p.last_name)), lower($search::varchar))
order by e.profile_id
limit $first::bigint
