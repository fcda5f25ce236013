-- Question: which groups are there, with what is known of them?
-- One row is: one group.
-- Parameters: $group_type, only groups of it, or null; $search, text to look for, or null; $first, rows at most.
-- Columns: group_id, name, group_type, properties (JSON text, null for an id without an entity), created_at,
--   updated_at, members (profiles in it now), last_active_at, events.
-- Choices: ids that events or memberships name without an entity are listed with a type of null, and in no type.
--   Deleted groups are left out. A group's events are those that were sent with its id.
with
-- one row is one group with an event
carried as (
    select group_1, max(last_at) as last_active_at, sum(events)::bigint as events
    from scoped_activity
    group by group_1
),
-- one row is the same with the group's id
active as (
    select g.group_id, c.last_active_at, c.events
    from carried as c
    join group_ids as g on g.group_key = c.group_1
),
-- one row is one group with a member now
peopled as (
    select group_id, count(distinct profile_id) as members
    from known_memberships
    where left_at is null
    group by group_id
),
-- one row is one group
named as (
    select group_id from known_groups
    union
    select group_id from active where group_id not in (select group_id from deleted_groups)
    union
    select group_id from known_memberships where group_id not in (select group_id from deleted_groups)
)
select
    n.group_id, g.name, g.group_type, g.properties, g.created_at, g.updated_at,
    coalesce(m.members, 0) as members, a.last_active_at, coalesce(a.events, 0) as events
from named as n
left join known_groups as g on g.group_id = n.group_id
left join active as a on a.group_id = n.group_id
left join peopled as m on m.group_id = n.group_id
where ($group_type::varchar is null or g.group_type = $group_type::varchar)
    and (
        $search::varchar is null
        or contains(lower(n.group_id), lower($search::varchar))
        or contains(lower(coalesce(g.name, '')), lower($search::varchar))
    )
order by n.group_id
limit $first::bigint
