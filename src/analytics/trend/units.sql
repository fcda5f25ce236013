-- Question: how many units have a matching event, in each row, in the range and in each slice of it?
-- One row is: one row of the breakdown, over the range or in one slice.
-- Parameters: none.
-- Columns: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (texts of the properties split by),
--   slice (null for the range), units, events (of units; one of several units counts in each).
-- Choices: a unit's value is that of its first event in the range that has one.
with
-- one row is one unit in one place and one slice
parts as (select * from scoped_slices where slice is not null),
-- one row is one unit in one place
units as (
    select
        unit, part_1, part_2, part_3,
        arg_min(value_1, slice) as value_1,
        arg_min(value_2, slice) as value_2,
        arg_min(value_3, slice) as value_3,
        sum(events) as events
    from parts
    group by unit, part_1, part_2, part_3
)
select
    part_1, part_2, part_3, value_1, value_2, value_3,
    null::integer as slice, count(*) as units, sum(events)::bigint as events
from units
group by part_1, part_2, part_3, value_1, value_2, value_3
union all
select
    u.part_1, u.part_2, u.part_3, u.value_1, u.value_2, u.value_3,
    p.slice, count(*) as units, sum(p.events)::bigint as events
from parts as p
join units as u
    on u.unit = p.unit
    and u.part_1 is not distinct from p.part_1
    and u.part_2 is not distinct from p.part_2
    and u.part_3 is not distinct from p.part_3
group by u.part_1, u.part_2, u.part_3, u.value_1, u.value_2, u.value_3, p.slice
