-- What each user did in each group on each day. Nobody is a user of his own: `user_key` is null.
-- One row is one group, one UTC day and one user with at least one event.
select
    project, group_key, occurred_at::date as day, user_key, is_identified,
    count(*)::uinteger as events, min(occurred_at) as first_at, max(occurred_at) as last_at
from placed
where group_key is not null
group by project, group_key, day, user_key, is_identified
order by project, group_key, day, user_key
