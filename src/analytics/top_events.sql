-- Question: which events happen most in each group?
-- One row is one event name of one group.
-- Parameters: $first, how many names each group has at most.
-- Columns: group_id, name, events, active_users.
-- Choices: views and the beginnings and ends of sessions are no deeds of a user and are left out. The most
-- frequent first; of equals, the name decides.
with
-- one row is one event name of one group
names as (
    select group_1, name, count(*) as events, count(distinct user_key) as active_users
    from scoped_events
    where name not in ('screen_view', 'session_start', 'session_end')
    group by group_1, name
),
-- one row is one name with its place in its group
placed as (
    select *, row_number() over (partition by group_1 order by events desc, name) as place
    from names
)
select g.group_id, p.name, p.events, p.active_users
from placed as p
join asked_groups as g on g.group_key = p.group_1
where p.place <= $first::bigint
order by g.group_id, p.place
