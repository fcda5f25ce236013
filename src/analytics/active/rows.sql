-- Question: which groups of a type were active in the range, by how many users, and compared with before?
-- One row is: one group with at least one event in the range.
-- Parameters: $users, $events (bigint) and $group_id (text): the row behind which the page begins;
--   $limit (bigint): rows.
-- Columns: group_id, group_type, name, properties, created_at, updated_at, active_users, events,
--   last_active_at, previous_users.
-- Choices: users, then events descending, then the id. An event in two groups counts once in each.
with
-- one row is what one user, or nobody, did in one group; to sum this is cheaper than to count distinct users
pairs as (
    select
        group_1, user_key,
        sum(events) filter (where in_range) as events,
        max(last_at) filter (where in_range) as last_at,
        bool_or(in_range) as is_active,
        bool_or(in_previous) as was_active
    from scoped_activity
    group by group_1, user_key
),
-- one row is one group with what it did in the range and in the period before
counted as (
    select
        group_1,
        count(user_key) filter (where is_active) as active_users,
        coalesce(sum(events), 0)::bigint as events,
        max(last_at) as last_active_at,
        count(user_key) filter (where was_active) as previous_users
    from pairs
    group by group_1
)
select
    g.group_id, g.group_type, g.name, g.properties, g.created_at, g.updated_at,
    c.active_users, c.events, c.last_active_at, c.previous_users
from counted as c
join known_groups as g on g.group_key = c.group_1
where c.events > 0
    and (c.active_users < $users
        or (c.active_users = $users
            and (c.events < $events or (c.events = $events and g.group_id > $group_id))))
order by c.active_users desc, c.events desc, g.group_id
limit $limit
