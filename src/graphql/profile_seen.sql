-- Question: when did these profiles first and last do something?
-- One row is: one profile that has an event.
-- Parameters: $ids, list of profile ids.
-- Columns: profile_id, first_seen_at, last_seen_at, events.
-- Choices: by the events' own time; the scope reaches over all time.
with
-- one row is one wanted profile
wanted as (
    select user_key, user_id as profile_id
    from user_ids
    where is_profile and user_id in (select unnest($ids::varchar[]))
)
select
    w.profile_id, min(a.first_at) as first_seen_at, max(a.last_at) as last_seen_at, sum(a.events)::bigint as events
from scoped_activity as a
join wanted as w on w.user_key = a.user_key
group by w.profile_id
