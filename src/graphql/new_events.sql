-- Question: what was stored since, in order of arrival?
-- One row is: one event.
-- Parameters: $name, $profile_id, $group_id, each one value that must be met, or null; $first, rows at most.
-- Columns: those of scoped_events that an event has.
-- Choices: as the list of events has them; the scope leaves out what was stored before.
with
-- one row is one event that is asked for
wanted as (
    select *
    from scoped_events
    where ($name::varchar is null or name = $name::varchar)
        and ($profile_id::varchar is null or profile_id = $profile_id::varchar)
        and ($group_id::varchar is null or list_contains(groups, $group_id::varchar))
)
select
    seq, id, name, profile_id, device_id, session_id, groups, path, properties, revenue, occurred_at, received_at
from wanted
order by seq
limit $first::bigint
