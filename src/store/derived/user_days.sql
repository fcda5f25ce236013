-- What each user did on each day, whatever the groups. Nobody is a user of his own: `user_key` is null.
-- One row is one UTC day and one user with at least one event.
select
    project, user_key, is_identified, occurred_at::date as day,
    count(*)::uinteger as events, min(occurred_at) as first_at, max(occurred_at) as last_at
from placed
where place = 0
group by project, user_key, is_identified, day
order by project, user_key, day
