-- Question: which events happen most in each group, whoever does them?
-- One row is one event name of one group.
-- Parameters: $first, how many names each group has at most.
-- Columns: group_id, name, events.
-- Choices: the scope marks views and the beginnings and ends of sessions as exclusions: they are no deeds of a user and
-- are left out. The most frequent first; of equals, the name decides.
with
-- one row is one event name of one group
counted as (
    select
        group_1, name_key,
        count(*) as events
    from scoped_events
    where exclusions = 0
    group by group_1, name_key
),
-- one row is one name with its place in its group
placed as (
    select
        c.group_1, n.name, c.events,
        row_number() over (partition by c.group_1 order by c.events desc, n.name) as place
    from counted as c
    join event_names as n on n.name_key = c.name_key
)
select g.group_id, p.name, p.events
from placed as p
join asked_groups as g on g.group_key = p.group_1
where p.place <= $first::bigint
order by g.group_id, p.place
