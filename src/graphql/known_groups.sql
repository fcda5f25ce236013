-- Question: what is known of these groups?
-- One row is one group that has an entity.
-- Parameters: none; the scope splits by the wanted groups.
-- Columns: group_id, group_type, name, properties (JSON text), created_at, updated_at.
-- Choices: an id that was never upserted, or was deleted, has no row.
with
-- one row is one wanted group
wanted as (select * from asked_entities)
select group_id, group_type, name, properties, created_at, updated_at
from wanted
