-- Question: how many profiles joined and left each group in each bucket, and how many were members at its end?
-- One row is one group and one bucket, for groups that ever had a member.
-- Parameters: $starts, $ends, lists of microseconds UTC: the buckets in order, without gaps, cut to the range. The scope
-- splits by the wanted groups.
-- Columns: group_id, bucket (its place in the lists, from 1), joined, gone, members.
-- Choices: a profile's memberships in a group that touch or overlap are one stay, so that members of a bucket are
-- members of the one before, plus joined, minus gone. A membership that ended when it began never was. Joining
-- or leaving exactly at a bucket's end belongs to the next one.
with
-- one row is one bucket
buckets as (
    select
        unnest(range(1, len($starts::bigint[]) + 1)) as bucket,
        make_timestamp(unnest($starts::bigint[])) as starts_at,
        make_timestamp(unnest($ends::bigint[])) as ends_at
),
-- one row is one membership that lasted; an open one ends never
lasting as (
    select group_id, profile_id, joined_at, coalesce(left_at, timestamp 'infinity') as left_at
    from asked_memberships
    where left_at is null or left_at > joined_at
),
-- one row is one membership, told whether the profile was not in the group just before it
marked as (
    select
        *,
        coalesce(joined_at > max(left_at) over earlier, true) as is_first
    from lasting
    window earlier as (
        partition by group_id, profile_id order by joined_at, left_at
        rows between unbounded preceding and 1 preceding
    )
),
-- one row is one membership with the number of the stay it is part of
numbered as (
    select
        *,
        count(*) filter (where is_first) over (
            partition by group_id, profile_id order by joined_at, left_at
            rows between unbounded preceding and current row
        ) as stay
    from marked
),
-- one row is one uninterrupted stay of a profile in a group
stays as (
    select group_id, profile_id, min(joined_at) as joined_at, max(left_at) as left_at
    from numbered
    group by group_id, profile_id, stay
)
select
    s.group_id,
    b.bucket,
    count(*) filter (where s.joined_at >= b.starts_at and s.joined_at < b.ends_at) as joined,
    count(*) filter (where s.left_at >= b.starts_at and s.left_at < b.ends_at) as gone,
    count(*) filter (where s.joined_at < b.ends_at and s.left_at >= b.ends_at) as members
from stays as s
cross join buckets as b
group by s.group_id, b.bucket
