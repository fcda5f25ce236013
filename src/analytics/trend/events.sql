-- Question: how many events match, in each row and slice of time?
-- One row is: one row of the breakdown in one slice.
-- Parameters: none.
-- Columns: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (texts of the properties split by),
--   slice, events.
-- Choices: every event has its own values.
with
-- one row is one row of the breakdown in one slice
counted as (select * from scoped_counts)
select part_1, part_2, part_3, value_1, value_2, value_3, slice, events
from counted
