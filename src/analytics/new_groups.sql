-- Question: which groups of a type have their first event ever in the range, and how did they begin?
-- One row is: one group on the page, with the numbers of the whole list; one without a group if the page is empty.
-- Parameters: $new (list of uinteger): the keys of these groups; $after_1, $after_2 (bigint), $after_id (text): the row
--   behind which the page begins; $limit (bigint): rows.
-- Columns: all_groups, all_users, group_id, group_type, name, properties, created_at, updated_at, first_active_at,
--   last_active_at, active_users, events, members, order_1, order_2.
-- Choices: users, then events descending, then the id. A user of two groups counts once in `all_users`.
with
-- one row is what one user, or nobody, did in one of these groups; none of them did anything before the range
pairs as (
    select
        group_1, user_key,
        min(first_at) as first_at,
        max(last_at) as last_at,
        sum(events)::bigint as events
    from scoped_activity
    where group_1 in (select unnest($new::uinteger[]))
    group by group_1, user_key
),
-- one row is one of these groups
listed as (
    select
        group_1,
        min(first_at) as first_active_at,
        max(last_at) as last_active_at,
        count(user_key) as active_users,
        sum(events)::bigint as events,
        -count(user_key) as order_1,
        -sum(events)::bigint as order_2
    from pairs
    group by group_1
),
-- one row is the whole list
totals as (
    select
        (select count(*) from listed) as all_groups,
        count(distinct p.user_key) as all_users
    from pairs as p
),
-- one row is one group on the page
page as (
    select l.*, g.group_id, g.group_type, g.name, g.properties, g.created_at, g.updated_at
    from listed as l
    join known_groups as g on g.group_key = l.group_1
    where (l.order_1, l.order_2, g.group_id) > ($after_1::bigint, $after_2::bigint, $after_id::varchar)
    order by l.order_1, l.order_2, g.group_id
    limit $limit
),
-- one row is one group on the page that has members at the end of the range
crowds as (
    select m.group_key, count(*) as members
    from members_at_end as m
    semi join page as p on p.group_1 = m.group_key
    group by m.group_key
)
select
    t.all_groups, t.all_users,
    p.group_id, p.group_type, p.name, p.properties, p.created_at, p.updated_at,
    p.first_active_at, p.last_active_at, p.active_users, p.events,
    coalesce(c.members, 0) as members,
    p.order_1, p.order_2
from totals as t
left join page as p on true
left join crowds as c on c.group_key = p.group_1
order by p.order_1, p.order_2, p.group_id
