-- Question: which events carry which groups, by the number of the group's type?
-- One row is: one event in one of its groups.
-- Parameters: none.
-- Columns: name_key, slice, seq, type_number (the place of the type among all in alphabetical order, from 0; null for
--   ids without an entity).
-- Choices: answers what carried.sql answers, where each event is told apart by a bit: see tally.rs. Which groups an event
--   carries is the attribution's business. A type is read as it is now.
with
-- one row is one group type
types as (
    select group_type, (row_number() over (order by group_type) - 1)::integer as type_number
    from (select distinct group_type from known_groups)
),
-- one row is one group
typed as (
    select g.group_key, t.type_number
    from known_groups as g
    join types as t on t.group_type = g.group_type
)
select e.name_key, e.slice, e.seq::bigint as seq, t.type_number
from scoped_events as e
left join typed as t on t.group_key = e.group_1
where e.in_range
