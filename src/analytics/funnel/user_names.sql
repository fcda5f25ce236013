-- Question: which profiles and devices do these keys stand for?
-- One row is: one profile or device.
-- Parameters: $keys (list of uinteger).
-- Columns: key, id, is_profile.
-- Choices: none.
with
-- one row is one wanted key
wanted as (
    select unnest($keys::uinteger[]) as user_key
)
select u.user_key as key, u.user_id as id, u.is_profile
from wanted
join user_ids as u on u.user_key = wanted.user_key
