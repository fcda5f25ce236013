-- Question: when was the latest event?
-- One row is the answer.
-- Parameters: none.
-- Columns: latest_at (timestamp, null without events).
-- Choices: the latest by its own time, whenever it arrived.
with
-- one row is one event
found as (
    select occurred_at from scoped_events
)
select max(occurred_at) as latest_at from found
