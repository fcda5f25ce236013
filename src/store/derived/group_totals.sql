-- What happened in each group on each day, whoever did it.
-- One row is one group and one UTC day with at least one event.
select
    project, group_key, occurred_at::date as day,
    count(*)::uinteger as events, min(occurred_at) as first_at, max(occurred_at) as last_at
from placed
where group_key is not null
group by project, group_key, day
order by project, group_key, day
