-- Question: what did units do?
-- One row is: one event of one unit.
-- Parameters: none.
-- Columns: unit (a key), occurred_at, seq (its arrival), name_key.
-- Choices: in no order, and of all units; whoever reads them picks those that an event happened in: see theirs.rs.
with
-- one row is one event of one unit in the range
seen as (select unit, occurred_at, seq, name_key from scoped_events where in_range and unit is not null)
select unit, occurred_at, seq::bigint as seq, name_key from seen
