-- Question: how much happened in each group in the range, and by how many users?
-- One row is one group that has an event in the range.
-- Parameters: none; the scope splits events by the wanted groups.
-- Columns: group_id, events, active_users, first_seen_at, last_seen_at.
-- Choices: none.
with
-- one row is what one user, or nobody, did in one group; to sum this is cheaper than to count distinct users
pairs as (
    select
        group_1, user_key,
        sum(events) as events,
        min(first_at) as first_at,
        max(last_at) as last_at
    from scoped_activity
    group by group_1, user_key
),
-- one row is one group with events in the range
figures as (
    select
        group_1,
        sum(events)::bigint as events,
        count(user_key) as active_users,
        min(first_at) as first_seen_at,
        max(last_at) as last_seen_at
    from pairs
    group by group_1
)
select g.group_id, f.events, f.active_users, f.first_seen_at, f.last_seen_at
from figures as f
join asked_groups as g on g.group_key = f.group_1
