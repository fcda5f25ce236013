-- Question: which events have a group of the type?
-- One row is: one event in one group of the type.
-- Parameters: none.
-- Columns: seq, occurred_at.
-- Choices: whoever reads them counts an event of several groups once: see apart.rs.
with
-- one row is one event in one group of the type
carried as (select * from scoped_events where in_range)
select seq::bigint as seq, occurred_at from carried
