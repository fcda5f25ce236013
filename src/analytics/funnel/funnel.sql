-- Question: which events of each unit does the funnel's walk have to see?
-- One row is: one event of one unit; where the funnel is split by groups, of one unit in one combination of them.
-- Parameters: none.
-- Columns: unit (a key, or the id of a session), part_1 to part_3 (keys of the groups split by), reading_1 to reading_3
--   (texts of the properties split by), occurred_at, seq (its arrival), steps, exclusions (bit sets).
-- Choices: in no order; the walk arranges them. Which events can be left out is the scope's business.
with
-- one row is one event that has a unit
hits as (select * from scoped_events where unit is not null and (in_range or in_previous))
select
    unit, part_1, part_2, part_3, reading_1, reading_2, reading_3, occurred_at, seq::bigint as seq, steps, exclusions
from hits
