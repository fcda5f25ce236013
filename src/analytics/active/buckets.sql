-- Question: how active were the groups of a type together, bucket by bucket?
-- One row is: one bucket with at least one event.
-- Parameters: none; the scope has a slice for each bucket.
-- Columns: bucket (bigint, its place from 0), groups_active, active_users, events.
-- Choices: a user and an event in two groups of the type count once in a bucket.
with
-- one row is one event in one group of the type
placed as (select * from scoped_events where in_range and slice is not null)
select
    slice::bigint as bucket,
    count(distinct group_1) as groups_active,
    count(distinct user_key) as active_users,
    count(distinct seq) as events
from placed
group by slice
order by slice
