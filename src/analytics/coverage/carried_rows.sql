-- Question: which events carry which groups?
-- One row is: one event in one of its groups.
-- Parameters: none.
-- Columns: name_key, occurred_at, seq, group_key.
-- Choices: answers what carried.sql answers, where each event is told apart by a bit, a group's type is looked up by its
--   key and the slice of time by the instant: see tally.rs. Which groups an event carries is the attribution's business.
with
-- one row is one event in one of its groups
carried as (select * from scoped_events where in_range)
select name_key, occurred_at, seq::bigint as seq, group_1 as group_key
from carried
