-- Question: how many events have the groups of a list in the range, an event of several groups counted once?
-- One row is: the whole list.
-- Parameters: $rows (ubigint): no row has a higher number.
-- Columns: events.
-- Choices: a group that has an event before the range is not in the list. Lists that hold such groups read nothing
--   before the range. Events are told apart by a bit for each row, which is cheaper than to compare their numbers.
with
-- one row is one group of which every event that is read lies in the range
listed as (select group_1 from scoped_events group by group_1 having bool_and(in_range))
select coalesce(bit_count(bitstring_agg(seq, 0::ubigint, $rows::ubigint)), 0) as events
from scoped_events
where group_1 in (select group_1 from listed)
