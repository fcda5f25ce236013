-- Question: which groups of a type were active, split by other groups or by properties?
-- One row is: one group in one combination of what it is split by, with at least one event in the range.
-- Parameters: none.
-- Columns: group_id, group_type, name, properties, created_at, updated_at, part_1, part_2, part_3 (ids of the other
--   groups), value_1, value_2, value_3 (the properties), active_users, events, last_active_at, previous_users.
-- Choices: within a group and a period a user has one value, that of the first of its events that has one; an
--   event of nobody has its own. The order is made where the keys are put together.
with
-- one row is one event and for whom it counts: a user, or nobody, which is the event itself
seen as (
    select
        group_1, part_1, part_2, part_3, reading_1, reading_2, reading_3, user_key, in_range, occurred_at, seq,
        case when user_key is null then 'e' || seq else 'u' || user_key end as who
    from scoped_events
    where in_range or in_previous
),
-- one row is one user (or one event of nobody) in one group, combination and period
valued as (
    select
        group_1, part_1, part_2, part_3, who, user_key, in_range,
        arg_min(reading_1, (occurred_at, seq)) filter (where reading_1 is not null) as value_1,
        arg_min(reading_2, (occurred_at, seq)) filter (where reading_2 is not null) as value_2,
        arg_min(reading_3, (occurred_at, seq)) filter (where reading_3 is not null) as value_3,
        count(*) as events,
        max(occurred_at) as last_at
    from seen
    group by group_1, part_1, part_2, part_3, who, user_key, in_range
),
-- one row is one group in one combination
counted as (
    select
        group_1, part_1, part_2, part_3, value_1, value_2, value_3,
        count(distinct user_key) filter (where in_range) as active_users,
        (coalesce(sum(events) filter (where in_range), 0))::bigint as events,
        max(last_at) filter (where in_range) as last_active_at,
        count(distinct user_key) filter (where not in_range) as previous_users
    from valued
    group by group_1, part_1, part_2, part_3, value_1, value_2, value_3
)
select
    g.group_id, g.group_type, g.name, g.properties, g.created_at, g.updated_at,
    p1.group_id as part_1, p2.group_id as part_2, p3.group_id as part_3, c.value_1, c.value_2, c.value_3,
    c.active_users, c.events, c.last_active_at, c.previous_users
from counted as c
join known_groups as g on g.group_key = c.group_1
left join group_ids as p1 on p1.group_key = c.part_1
left join group_ids as p2 on p2.group_key = c.part_2
left join group_ids as p3 on p3.group_key = c.part_3
where c.events > 0
