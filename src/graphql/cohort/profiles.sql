-- Question: which profiles are in a set, by id, behind one of them?
-- One row is: one profile.
-- Parameters: $after, the id of the last profile already seen, or null; $first (bigint), rows at most.
-- Columns: profile_id, first_name, last_name, email, avatar, properties (JSON text).
-- Choices: a profile that was never identified has nothing but its id.
with
-- one row is one profile of the page
page as (
    select c.unit, u.user_id as profile_id
    from chosen_units as c
    join user_ids as u on u.user_key = c.unit
    where $after::varchar is null or u.user_id > $after::varchar
    order by u.user_id
    limit $first::bigint
)
select c.profile_id, p.first_name, p.last_name, p.email, p.avatar, p.properties
from page as c
left join known_profiles as p on p.user_key = c.unit
order by c.profile_id
