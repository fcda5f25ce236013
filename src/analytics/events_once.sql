-- Question: how many events have the units of a row, an event of several units counted once?
-- One row is: one row of the breakdown in one slice of time of the range.
-- Parameters: none.
-- Columns: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (texts of the properties split by),
--   slice, events.
-- Choices: a unit's value is that of its first event in the range that has one.
with
-- one row is one event of one unit
seen as (select * from scoped_events where in_range and unit is not null),
-- one row is one unit in one place
units as (
    select
        unit, part_1, part_2, part_3,
        arg_min(reading_1, (occurred_at, seq)) filter (where reading_1 is not null) as value_1,
        arg_min(reading_2, (occurred_at, seq)) filter (where reading_2 is not null) as value_2,
        arg_min(reading_3, (occurred_at, seq)) filter (where reading_3 is not null) as value_3
    from seen
    group by unit, part_1, part_2, part_3
)
select
    u.part_1, u.part_2, u.part_3, u.value_1, u.value_2, u.value_3,
    s.slice::bigint as slice,
    count(distinct s.seq) as events
from seen as s
join units as u
    on u.unit = s.unit
    and u.part_1 is not distinct from s.part_1
    and u.part_2 is not distinct from s.part_2
    and u.part_3 is not distinct from s.part_3
group by u.part_1, u.part_2, u.part_3, u.value_1, u.value_2, u.value_3, s.slice
