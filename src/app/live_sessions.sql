-- Question: which devices have a session that may still be live, and which profiles were seen on them?
-- One row is: one device and one profile (or nobody), with their latest session in the range.
-- Parameters: none; the scope's range is how far back a live session's last event may lie.
-- Columns: device_id, session_id, profile_id (null when anonymous), last_at (UTC); the latest last.
-- Choices: of events at one instant the later arrival counts.
with
-- one row is one event that belongs to a session of a device
sent as (
    select device_id, session_id, profile_id, occurred_at, seq
    from scoped_events
    where device_id is not null and session_id is not null
)
select
    device_id,
    arg_max(session_id, (occurred_at, seq)) as session_id,
    profile_id,
    max(occurred_at) as last_at
from sent
group by device_id, profile_id
order by last_at, max(seq)
