-- Question: in which groups are these profiles, and in which have they been?
-- One row is: one membership, ended or open.
-- Parameters: $ids, list of profile ids.
-- Columns: profile_id, group_id, joined_at, left_at, membership_seq, is_deleted, and what is known of the group:
--   group_type, name, properties (JSON text), created_at, updated_at; all null for an id without an entity.
-- Choices: is_deleted marks groups that once had an entity and have none now.
with
-- one row is one membership of a wanted profile
own_memberships as (
    select membership_seq, profile_id, group_id, joined_at, left_at
    from known_memberships
    where profile_id in (select unnest($ids::varchar[]))
)
select
    m.profile_id, m.group_id, m.joined_at, m.left_at, m.membership_seq,
    m.group_id in (select group_id from deleted_groups) as is_deleted,
    g.group_type, g.name, g.properties, g.created_at, g.updated_at
from own_memberships as m
left join known_groups as g on g.group_id = m.group_id
order by m.profile_id, m.joined_at, m.group_id, m.membership_seq
