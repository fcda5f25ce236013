-- Question: how many groups of a type were active, by how many users, bucket by bucket?
-- One row is: one bucket with at least one event.
-- Parameters: none; the scope has a slice for each bucket.
-- Columns: bucket (bigint, its place from 0), groups_active, active_users.
-- Choices: a user in two groups of the type counts once in a bucket. Events, of which one in two groups counts once as
--   well, are not counted, so sums of activity tell.
with
-- one row is what one user did in one group of the type
placed as (select * from scoped_activity where in_range and slice is not null)
select
    slice::bigint as bucket,
    count(distinct group_1) as groups_active,
    count(distinct user_key) as active_users
from placed
group by slice
order by slice
