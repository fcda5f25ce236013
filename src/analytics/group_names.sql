-- Question: which groups do these keys stand for?
-- One row is: one group.
-- Parameters: $keys (list of uinteger).
-- Columns: key, id.
-- Choices: none.
with
-- one row is one wanted key
wanted as (
    select unnest($keys::uinteger[]) as group_key
)
select g.group_key as key, g.group_id as id
from wanted
join group_ids as g on g.group_key = wanted.group_key
