-- Question: was this id, which has no entity, ever seen?
-- One row is the answer.
-- Parameters: $id, a group id. The scope splits events by it.
-- Columns: is_seen, is_deleted.
-- Choices: seen means that an event carries it or somebody is or was a member.
with
-- one row is one sighting of the id
sightings as (
    select 1 as sighting from scoped_activity
    union all
    select 1 from known_memberships where group_id = $id::varchar
)
select
    exists (select 1 from sightings) as is_seen,
    exists (select 1 from deleted_groups where group_id = $id::varchar) as is_deleted
