-- Question: how many members has each group now?
-- One row is one group with members.
-- Parameters: $ids, list of group ids.
-- Columns: group_id, members.
-- Choices: a profile counts once, however many memberships of it are open.
with
-- one row is one open membership of a wanted group
present as (
    select group_id, profile_id
    from known_memberships
    where left_at is null and list_contains($ids::varchar[], group_id)
)
select group_id, count(distinct profile_id) as members
from present
group by group_id
