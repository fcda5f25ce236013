-- Question: which events of each unit does the funnel's walk have to see?
-- One row is: one event of one unit; where the funnel is split by groups, of one unit in one combination of them.
-- Parameters: none.
-- Columns: unit (text), parts (texts: the groups split by), readings (texts: the properties split by),
--   occurred_at, steps, exclusions (bit sets), in_range.
-- Choices: ordered by unit, then parts, then the event's time, then its arrival. Which events can be left out is
--   the scope's business.
with
-- one row is one event that has a unit
hits as (select * from scoped_events where unit is not null and (in_range or in_previous))
select unit, parts, readings, occurred_at, steps, exclusions, in_range
from hits
order by unit, parts, occurred_at, seq
