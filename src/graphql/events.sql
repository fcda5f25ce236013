-- Question: what happened, newest first, behind a cursor?
-- One row is: one event of the page.
-- Parameters: $id, $name, $profile_id, $group_id, each one value that must be met, or null; $after_at (microseconds
--   UTC) and $after_seq, the last event already seen, or null; $first, rows at most.
-- Columns: those of scoped_events that an event has.
-- Choices: a group's events are those that were sent with its id. Events at one instant stand in reverse order of
--   arrival, so the order is total.
with
-- one row is one event of the list
listed as (
    select *
    from scoped_events
    where ($id::varchar is null or id = $id::varchar)
        and ($name::varchar is null or name = $name::varchar)
        and ($profile_id::varchar is null or profile_id = $profile_id::varchar)
        and ($group_id::varchar is null or list_contains(groups, $group_id::varchar))
)
select
    seq, id, name, profile_id, device_id, session_id, groups, path, properties, revenue, occurred_at, received_at
from listed
where $after_at::bigint is null
    or epoch_us(occurred_at) < $after_at::bigint
    or (epoch_us(occurred_at) = $after_at::bigint and seq < $after_seq::ubigint)
order by occurred_at desc, seq desc
limit $first::bigint
