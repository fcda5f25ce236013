-- Question: which of these names have events?
-- One row is: one such name.
-- Parameters: $names (list of varchar).
-- Columns: name.
-- Choices: none; the order says nothing.
with
-- one row is one name that is asked for
asked as (
    select unnest($names::varchar[]) as name
)
select n.name
from asked
join event_names as n on n.name = asked.name
