-- Question: which group types are there, and how many groups has each?
-- One row is: one group type.
-- Parameters: none.
-- Columns: group_type, groups_known.
-- Choices: most groups first, then the type.
with
-- one row is one group
typed as (select group_type from known_groups)
select group_type, count(*) as groups_known
from typed
group by group_type
order by groups_known desc, group_type
