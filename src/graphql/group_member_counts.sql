-- Question: how many members has each group now?
-- One row is one group with members.
-- Parameters: none; the scope splits by the wanted groups.
-- Columns: group_id, members.
-- Choices: a profile counts once, however many memberships of it are open.
with
-- one row is one open membership of a wanted group
present as (
    select group_id, user_key
    from asked_memberships
    where left_at is null
)
select group_id, count(distinct user_key) as members
from present
group by group_id
