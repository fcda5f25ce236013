-- Question: how much happened in each group in each bucket?
-- One row is one group and one bucket with events.
-- Parameters: $starts, $ends, lists of microseconds UTC: the buckets in order, without gaps, cut to the range.
-- Columns: group_id, bucket (its place in the lists, from 1), events, active_users.
-- Choices: an event exactly at a bucket's start is in it, exactly at its end in the next one.
with
-- one row is one bucket
buckets as (
    select
        unnest(range(1, len($starts::bigint[]) + 1)) as bucket,
        make_timestamp(unnest($starts::bigint[])) as starts_at,
        make_timestamp(unnest($ends::bigint[])) as ends_at
),
-- one row is what one user did in one group in a part of one bucket
placed as (
    select e.group_1, b.bucket, e.user_key, e.events
    from scoped_activity as e
    asof join buckets as b on e.first_at >= b.starts_at
    where e.first_at < b.ends_at
),
-- one row is one group and one bucket
counted as (
    select group_1, bucket, sum(events)::bigint as events, count(distinct user_key) as active_users
    from placed
    group by group_1, bucket
)
select g.group_id, c.bucket, c.events, c.active_users
from counted as c
join asked_groups as g on g.group_key = c.group_1
