-- Question: how far has each group of a type taken to the events that are asked about?
-- One row is: one group on the page, with the numbers of the whole list; one without a group if the page is empty.
-- Parameters: $group_type (text); $seats (text, JSON pointer): the property that holds the number of seats, null where
--   none is asked for; $after_1, $after_2 (bigint), $after_id (text): the row behind which the page begins; $limit
--   (bigint): rows.
-- Columns: all_groups, all_adopting, all_members, all_active_members, all_users, all_median_days, group_id, group_type,
--   name, properties, created_at, updated_at, members, active_members, active_users, events, user_events,
--   first_used_at, days_to_first_use, seats, order_1, order_2.
-- Choices: all groups of the type, those without use too. The share of active members descending, then events
--   descending, then the id; a group without members comes last. Days have 24 hours. In the numbers of the whole a
--   profile or user of two groups counts once.
with
-- one row is what one user, or nobody, did in one group
pairs as (
    select
        group_1, user_key,
        min(first_at) as first_at,
        coalesce(sum(events) filter (where in_range), 0)::bigint as events
    from scoped_activity
    group by group_1, user_key
),
-- one row is one group that ever used it
uses as (
    select
        group_1,
        min(first_at) as first_used_at,
        count(user_key) filter (where events > 0) as active_users,
        sum(events)::bigint as events,
        coalesce(sum(events) filter (where user_key is not null), 0)::bigint as user_events
    from pairs
    group by group_1
),
-- one row is one group of the type
typed as (select * from known_groups where group_type = $group_type::varchar),
-- one row is one member of one group of the type at the end of the range
crowd as (
    select m.group_key, m.user_key, coalesce(p.events > 0, false) as is_active
    from members_at_end as m
    semi join typed as t on t.group_key = m.group_key
    left join pairs as p on p.group_1 = m.group_key and p.user_key = m.user_key
),
-- one row is one group of the type that has members
crowds as (
    select group_key, count(*) as members, count(*) filter (where is_active) as active_members
    from crowd
    group by group_key
),
-- one row is one group of the type with what it did
listed as (
    select
        t.*,
        coalesce(c.members, 0) as members,
        coalesce(c.active_members, 0) as active_members,
        coalesce(u.active_users, 0) as active_users,
        coalesce(u.events, 0) as events,
        coalesce(u.user_events, 0) as user_events,
        u.first_used_at,
        (epoch_us(u.first_used_at) - epoch_us(t.created_at)) / 86400e6 as days_to_first_use,
        -- Shares that differ do so by far more than the last digit that is kept.
        coalesce(-round(c.active_members / c.members * 1e15)::bigint, 1) as order_1,
        -coalesce(u.events, 0) as order_2
    from typed as t
    left join crowds as c on c.group_key = t.group_key
    left join uses as u on u.group_1 = t.group_key
),
-- one row is the whole list
totals as (
    select
        count(*) as all_groups,
        count(*) filter (where events > 0) as all_adopting,
        (select count(distinct user_key) from crowd) as all_members,
        (select count(distinct user_key) from crowd where is_active) as all_active_members,
        (select count(distinct user_key) from pairs where events > 0) as all_users,
        quantile_cont(days_to_first_use, 0.5) as all_median_days
    from listed
),
-- one row is one group on the page
page as (
    select *
    from listed
    where (order_1, order_2, group_id) > ($after_1::bigint, $after_2::bigint, $after_id::varchar)
    order by order_1, order_2, group_id
    limit $limit
)
select
    t.*,
    p.group_id, p.group_type, p.name, p.properties, p.created_at, p.updated_at,
    p.members, p.active_members, p.active_users, p.events, p.user_events, p.first_used_at, p.days_to_first_use,
    case when json_type(e.properties, $seats::varchar) in ('BIGINT', 'UBIGINT', 'DOUBLE')
        then try_cast(json_extract_string(e.properties, $seats::varchar) as double)
    end as seats,
    p.order_1, p.order_2
from totals as t
left join page as p on true
left join groups_at_end as e on e.group_key = p.group_key
order by p.order_1, p.order_2, p.group_id
