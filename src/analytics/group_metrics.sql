-- Question: how much happened in each group in the range, and how many members has it at the end?
-- One row is one group that has an event in the range or a member at its end.
-- Parameters: none; the scope splits events by the wanted groups.
-- Columns: group_id, events, active_users, members, first_seen_at, last_seen_at.
-- Choices: a membership that begins or ends exactly at the end of the range has not begun or ended yet, as an
-- event exactly there is not in the range.
with
-- one row is one group with events in the range
figures as (
    select
        group_1,
        sum(events)::bigint as events,
        count(distinct user_key) as active_users,
        min(first_at) as first_seen_at,
        max(last_at) as last_seen_at
    from scoped_activity
    group by group_1
),
-- one row is the same with the group's id
named as (
    select g.group_id, f.*
    from figures as f
    join asked_groups as g on g.group_key = f.group_1
),
-- one row is one group with members at the end of the range
crowds as (
    select g.group_id, count(*) as members
    from members_at_end as m
    join asked_groups as g on g.group_key = m.group_key
    group by g.group_id
)
select
    group_id,
    coalesce(f.events, 0) as events,
    coalesce(f.active_users, 0) as active_users,
    coalesce(c.members, 0) as members,
    f.first_seen_at,
    f.last_seen_at
from named as f
full join crowds as c using (group_id)
