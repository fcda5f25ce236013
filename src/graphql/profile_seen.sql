-- Question: when did these profiles first and last do something?
-- One row is: one profile that has an event.
-- Parameters: $ids, list of profile ids.
-- Columns: profile_id, first_seen_at, last_seen_at, events.
-- Choices: by the events' own time; the scope reaches over all time.
with
-- one row is one event of a wanted profile
own_events as (
    select profile_id, occurred_at
    from scoped_events
    where profile_id in (select unnest($ids::varchar[]))
)
select profile_id, min(occurred_at) as first_seen_at, max(occurred_at) as last_seen_at, count(*) as events
from own_events
group by profile_id
