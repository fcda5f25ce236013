-- Question: which pages or screens are viewed most in each group?
-- One row is one path of one group.
-- Parameters: $first, how many paths each group has at most.
-- Columns: group_id, path, events.
-- Choices: only views count; views without a path are left out. The most frequent first; of equals, the path decides.
with
-- one row is one path of one group
paths as (
    select group_1, path, count(*) as events
    from scoped_events
    where name = 'screen_view' and path is not null
    group by group_1, path
),
-- one row is one path with its place in its group
placed as (
    select *, row_number() over (partition by group_1 order by events desc, path) as place
    from paths
)
select g.group_id, p.path, p.events
from placed as p
join asked_groups as g on g.group_key = p.group_1
where p.place <= $first::bigint
order by g.group_id, p.place
