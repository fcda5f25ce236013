-- Question: when was each group last active?
-- One row is one group with an event.
-- Parameters: none; the scope splits events by the wanted groups.
-- Columns: group_id, last_active_at.
-- Choices: any event that carries the id counts, whoever did it and whenever it happened.
with
-- one row is one event of one group
carried as (
    select group_1 as group_id, occurred_at
    from scoped_events
)
select group_id, max(occurred_at) as last_active_at
from carried
group by group_id
