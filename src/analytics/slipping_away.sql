-- Question: which groups of a type did less than in the period before, or have been silent for long?
-- One row is: one group on the page, with the numbers of the whole list; one without a group if the page is empty.
-- Parameters: $fell_by (double): the least fall, null where falls do not matter; $silent_since (bigint, microseconds
--   UTC): silent is who did nothing behind it, null where silence does not matter; $after_1, $after_2 (bigint), $after_id
--   (text): the row behind which the page begins; $limit (bigint): rows.
-- Columns: all_groups, all_fallen, all_silent, group_id, group_type, name, properties, created_at, updated_at,
--   this_measure, previous_measure, has_fallen, is_silent, last_active_at, members, order_1, order_2.
-- Choices: the measure is events, whoever did them. The greatest loss first, then those silent longest, then
--   the id. Only a measure above 0 can fall. An event exactly as long ago as silence is asked for leaves the group silent.
with
-- one row is one group with an event before the end of the range, however long ago
counted as (
    select
        group_1,
        max(last_at) as last_active_at,
        coalesce(sum(events) filter (where in_range), 0)::bigint as this_measure,
        coalesce(sum(events) filter (where in_previous), 0)::bigint as previous_measure
    from scoped_activity
    group by group_1
),
-- one row is the same with what is held against it
judged as (
    select
        *,
        coalesce(
            previous_measure > 0
            and (previous_measure - this_measure)::double / previous_measure::double >= $fell_by::double,
            false
        ) as has_fallen,
        coalesce(last_active_at <= make_timestamp($silent_since::bigint), false) as is_silent
    from counted
),
-- one row is one group that is slipping away
listed as (
    select *, this_measure - previous_measure as order_1, epoch_us(last_active_at) as order_2
    from judged
    where has_fallen or is_silent
),
-- one row is the whole list
totals as (
    select
        count(*) as all_groups,
        count(*) filter (where has_fallen) as all_fallen,
        count(*) filter (where is_silent) as all_silent
    from listed
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
    t.all_groups, t.all_fallen, t.all_silent,
    p.group_id, p.group_type, p.name, p.properties, p.created_at, p.updated_at,
    p.this_measure, p.previous_measure, p.has_fallen, p.is_silent, p.last_active_at,
    coalesce(c.members, 0) as members,
    p.order_1, p.order_2
from totals as t
left join page as p on true
left join crowds as c on c.group_key = p.group_1
order by p.order_1, p.order_2, p.group_id
