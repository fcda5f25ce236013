-- Question: in which units did an event happen?
-- One row is: one unit.
-- Parameters: none; only events of the name asked for are in the scope.
-- Columns: unit (a key), name_key.
-- Choices: none.
with
-- one row is one event of one unit
theirs as (select unit, name_key from scoped_events where in_range and unit is not null)
select distinct unit, name_key from theirs
