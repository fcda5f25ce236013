-- Question: how many events carry a group of each type, and how many an id without an entity, by name and slice?
-- One row is: one event name and one type in one slice; the type is null for ids without an entity.
-- Parameters: none.
-- Columns: name, group_type, slice, events (each once).
-- Choices: which groups an event carries is the attribution's business. A type is read as it is now.
with
-- one row is one event name and one type in one slice
counted as (
    select e.name_key, g.group_type, e.slice, count(distinct e.seq) as events
    from scoped_events as e
    left join known_groups as g on g.group_key = e.group_1
    where e.in_range
    group by e.name_key, g.group_type, e.slice
)
select n.name, c.group_type, c.slice, c.events
from counted as c
join event_names as n on n.name_key = c.name_key
