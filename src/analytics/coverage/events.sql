-- Question: which events are there?
-- One row is: one event.
-- Parameters: none.
-- Columns: name_key, occurred_at.
-- Choices: whoever reads them counts them by name and slice of time: see tally.rs.
with
-- one row is one event
seen as (select * from scoped_events where in_range)
select name_key, occurred_at from seen
