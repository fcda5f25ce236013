-- Question: which events have the groups of a type?
-- One row is: one event in one group of the type.
-- Parameters: none.
-- Columns: seq.
-- Choices: whoever reads them counts an event of several groups once.
with
-- one row is one event in one group of the type
in_groups as (select * from scoped_events where in_range)
select seq::bigint as seq from in_groups
