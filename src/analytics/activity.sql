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
-- one row is one event of one group with its bucket
placed as (
    select e.group_1 as group_id, b.bucket, e.user_key
    from scoped_events as e
    asof join buckets as b on e.occurred_at >= b.starts_at
    where e.occurred_at < b.ends_at
)
select group_id, bucket, count(*) as events, count(distinct user_key) as active_users
from placed
group by group_id, bucket
