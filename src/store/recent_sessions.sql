-- One row is one device and one profile (or nobody) of a tenant, with their latest session at or after an instant;
-- of events at one instant the later arrival counts. The latest row is last. What stands in braces is the relation
-- of events and the instant, microseconds UTC.
select
    project,
    device_id,
    arg_max(session_id, (occurred_at, seq)) as session_id,
    profile_id,
    epoch_us(max(occurred_at)) as last_at
from {events}
where occurred_at >= make_timestamp({from}) and device_id is not null and session_id is not null
group by project, device_id, profile_id
order by last_at, max(seq)
