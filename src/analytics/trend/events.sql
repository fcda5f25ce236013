-- Question: how many events match, in each row and slice of time?
-- One row is: one row of the breakdown in one slice.
-- Parameters: none.
-- Columns: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (texts of the properties split by),
--   slice, events.
-- Choices: every event has its own values.
with
-- one row is one event, or a sum of events of one user, in one place
seen as (select * from scoped_activity where in_range)
select
    part_1, part_2, part_3, reading_1 as value_1, reading_2 as value_2, reading_3 as value_3,
    slice, sum(events)::bigint as events
from seen
group by part_1, part_2, part_3, reading_1, reading_2, reading_3, slice
