-- Question: how many members has each group now?
-- One row is one group with members.
-- Parameters: none; the scope splits by the wanted groups.
-- Columns: group_id, members.
-- Choices: a profile counts once, however many memberships of it are open.
with
-- one row is one open membership of a wanted group
present as (
    select g.group_id, m.user_key
    from known_memberships as m
    join asked_groups as g on g.group_key = m.group_key
    where m.left_at is null
)
select group_id, count(distinct user_key) as members
from present
group by group_id
