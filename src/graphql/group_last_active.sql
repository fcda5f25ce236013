-- Question: when was each group last active?
-- One row is one group with an event.
-- Parameters: none; the scope splits events by the wanted groups.
-- Columns: group_id, last_active_at.
-- Choices: any event that carries the id counts, whoever did it and whenever it happened.
with
-- one row is one group
carried as (
    select group_1, max(last_at) as last_active_at
    from scoped_activity
    group by group_1
)
select g.group_id, c.last_active_at
from carried as c
join asked_groups as g on g.group_key = c.group_1
