-- Question: how many members has each group at the end of the range?
-- One row is one group with members then.
-- Parameters: none; the scope splits by the wanted groups.
-- Columns: group_id, members.
-- Choices: a membership that begins or ends exactly at the end of the range has not begun or ended yet, as an
-- event exactly there is not in the range.
with
-- one row is one group
crowds as (
    select group_key, count(*) as members
    from asked_members_at_end
    group by group_key
)
select g.group_id, c.members
from crowds as c
join asked_groups as g on g.group_key = c.group_key
