-- Question: which pages or screens are viewed most in each group?
-- One row is one path of one group.
-- Parameters: $first, how many paths each group has at most.
-- Columns: group_id, path, events.
-- Choices: the scope reads only views; those without a path are left out. The most frequent first; of equals, the path
-- decides.
with
-- one row is one path of one group
counted as (
    select group_1, path_key, count(*) as events
    from scoped_events
    where path_key is not null
    group by group_1, path_key
),
-- one row is one viewed path with its place in its group
placed as (
    select
        c.group_1, u.path, c.events,
        row_number() over (partition by c.group_1 order by c.events desc, u.path) as place
    from counted as c
    join event_paths as u on u.path_key = c.path_key
)
select g.group_id, p.path, p.events
from placed as p
join asked_groups as g on g.group_key = p.group_1
where p.place <= $first::bigint
order by g.group_id, p.place
