-- Question: how active were the groups of a type together, bucket by bucket?
-- One row is: one bucket with at least one event.
-- Parameters: $starts, $ends (lists of bigint, microseconds UTC): the buckets, half-open, in order.
-- Columns: bucket (bigint, its place from 0), groups_active, active_users, events.
-- Choices: a user and an event in two groups of the type count once in a bucket.
with
-- one row is one bucket
buckets as (
    select
        unnest(range(len($starts::bigint[]))) as bucket,
        make_timestamp(unnest($starts::bigint[])) as starts_at,
        make_timestamp(unnest($ends::bigint[])) as ends_at
)
select
    b.bucket,
    count(distinct e.group_1) as groups_active,
    count(distinct e.user_key) as active_users,
    count(distinct e.seq) as events
from scoped_events as e
join buckets as b on e.occurred_at >= b.starts_at and e.occurred_at < b.ends_at
where e.in_range
group by b.bucket
order by b.bucket
