-- Question: which groups are there of which type?
-- One row is: one group.
-- Parameters: none.
-- Columns: group_key, group_type.
-- Choices: as they are now, by type in alphabetical order.
with
-- one row is one group
typed as (select group_key, group_type from known_groups)
select * from typed order by group_type
