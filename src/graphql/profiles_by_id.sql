-- Question: what is known of these profiles?
-- One row is: one profile that was identified.
-- Parameters: $ids, list of profile ids.
-- Columns: profile_id, first_name, last_name, email, avatar, properties (JSON text).
-- Choices: a profile that was never identified has no row, even if it has events or memberships.
with
-- one row is one wanted profile
wanted as (
    select unnest($ids::varchar[]) as profile_id
)
select p.profile_id, p.first_name, p.last_name, p.email, p.avatar, p.properties
from known_profiles as p
join wanted on wanted.profile_id = p.profile_id
