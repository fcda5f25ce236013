-- Question: how many events are there, by name and slice of time?
-- One row is: one event name in one slice.
-- Parameters: none.
-- Columns: name, slice, events.
-- Choices: none.
with
-- one row is one event name in one slice
counted as (
    select name_key, slice, count(*) as events
    from scoped_events
    where in_range
    group by name_key, slice
)
select n.name, c.slice, c.events
from counted as c
join event_names as n on n.name_key = c.name_key
