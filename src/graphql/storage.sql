-- Question: how is what the project sent kept, and how late does it come?
-- One row is the project.
-- Parameters: $sealed_seq: the highest row number that is in a file. $since: microseconds since 1970, from where on lag counts.
-- Columns: events, unsealed: all events, and those that are in no file yet. last_received_at: when the last one came.
--   sealed_until: when the last one came that is in a file. lag: the median of the seconds from happening to arriving.
with
e as (select seq, occurred_at, received_at from scoped_events)

select
    count(*) as events,
    count(*) filter (seq > $sealed_seq) as unsealed,
    max(received_at) as last_received_at,
    max(received_at) filter (seq <= $sealed_seq) as sealed_until,
    median((epoch_us(received_at) - epoch_us(occurred_at)) / 1e6) filter (epoch_us(received_at) >= $since) as lag
from e
