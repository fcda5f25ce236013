-- Question: which events of each unit does the funnel's walk have to see?
-- One row is: one event of one unit; where the funnel is split by groups, of one unit in one combination of them.
-- Parameters: none.
-- Columns: those of scoped_hits: unit (a key, or the id of a session), occurred_at, seq (its arrival), steps (a bit set);
--   where there are any part_1 to part_3 (keys of the groups split by), reading_1 to reading_3 (texts of the properties
--   split by), exclusions (a bit set).
-- Choices: in no order; the walk arranges them. Which events can be left out is the scope's business.
with
-- one row is one event that has a unit
hits as (select * from scoped_hits)
select * from hits
