-- Question: which groups are in a set, by id, behind one of them?
-- One row is: one group.
-- Parameters: $after, the id of the last group already seen, or null; $first (bigint), rows at most.
-- Columns: group_id, group_type, name, properties (JSON text), created_at, updated_at.
-- Choices: as they are now; groups of a cohort are never deleted ones.
with
-- one row is one group of the set behind the one already seen
behind as (
    select g.group_id, g.group_type, g.name, g.properties, g.created_at, g.updated_at
    from chosen_units as c
    join known_groups as g on g.group_key = c.unit
    where $after::varchar is null or g.group_id > $after::varchar
)
select * from behind order by group_id limit $first::bigint
