-- Question: which group types are there?
-- One row is: one group type.
-- Parameters: none.
-- Columns: group_type.
-- Choices: in alphabetical order, as carried_rows.sql numbers them.
with
-- one row is one group type
types as (select distinct group_type from known_groups)
select group_type
from types
order by group_type
