-- Question: which event names do these keys stand for?
-- One row is: one event name.
-- Parameters: $keys (list of uinteger).
-- Columns: key, name.
-- Choices: none.
with
-- one row is one wanted key
wanted as (
    select unnest($keys::uinteger[]) as name_key
)
select n.name_key as key, n.name
from wanted
join event_names as n on n.name_key = wanted.name_key
