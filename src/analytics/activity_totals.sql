-- Question: how much happened in each group in each bucket, whoever did it?
-- One row is one group and one bucket with events.
-- Parameters: none; the scope splits events by the wanted groups and has a slice for each bucket.
-- Columns: group_id, bucket (its place, from 0), events.
-- Choices: an event exactly at a bucket's start is in it, exactly at its end in the next one.
with
-- one row is one group and one bucket
counted as (
    select group_1, slice, sum(events)::bigint as events
    from scoped_activity
    where slice is not null
    group by group_1, slice
)
select g.group_id, c.slice::bigint as bucket, c.events
from counted as c
join asked_groups as g on g.group_key = c.group_1
