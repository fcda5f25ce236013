-- Question: how much happened in each group in the range, and how many members has it at the end?
-- One row is one group that has an event in the range or a member at its end.
-- Parameters: $ids, list of group ids; $to, end of the range in microseconds UTC.
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
    join group_ids as g on g.group_key = f.group_1
),
-- one row is one group with members at the end of the range
crowds as (
    select group_id, count(distinct profile_id) as members
    from known_memberships
    where list_contains($ids::varchar[], group_id)
        and joined_at < make_timestamp($to::bigint)
        and (left_at is null or (left_at >= make_timestamp($to::bigint) and left_at > joined_at))
    group by group_id
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
