-- Question: which types of groups are there, and how many groups has each?
-- One row is one group type.
-- Parameters: none.
-- Columns: group_type, groups_of_type.
-- Choices: deleted groups and ids that were never upserted count nowhere. Most groups first; of equals, the type decides.
with
-- one row is one group
living as (
    select group_type
    from known_groups
)
select group_type, count(*) as groups_of_type
from living
group by group_type
order by groups_of_type desc, group_type
