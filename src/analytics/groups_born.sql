-- Question: which groups of a type have their first event ever in the range?
-- One row is: one group.
-- Parameters: none; the scope reads everything before the range as well.
-- Columns: group_key.
-- Choices: none.
with
-- one row is one group all of whose events lie in the range
born as (
    select group_1 as group_key
    from scoped_activity
    group by group_1
    having bool_and(in_range)
)
select group_key from born
