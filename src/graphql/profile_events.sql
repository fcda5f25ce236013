-- Question: what did each of these profiles do, newest first?
-- One row is: one event of a profile's page.
-- Parameters: $ids, list of profile ids; $first, rows of each profile at most; $after_at (microseconds UTC) and
--   $after_seq, the last event already seen, or null.
-- Columns: those of scoped_events that an event has.
-- Choices: events at one instant stand in reverse order of arrival, so the order is total.
with
-- one row is one event of a wanted profile behind the cursor, with its place in that profile's list
placed as (
    select
        *,
        row_number() over (partition by profile_id order by occurred_at desc, seq desc) as place
    from scoped_events
    where profile_id in (select unnest($ids::varchar[]))
        and (
            $after_at::bigint is null
            or epoch_us(occurred_at) < $after_at::bigint
            or (epoch_us(occurred_at) = $after_at::bigint and seq < $after_seq::ubigint)
        )
)
select
    seq, id, name, profile_id, device_id, session_id, groups, path, properties, revenue, occurred_at, received_at
from placed
where place <= $first::bigint
order by profile_id, occurred_at desc, seq desc
