-- Question: how many groups of a type were active, by how many users, and when?
-- One row is: the whole range.
-- Parameters: none.
-- Columns: groups_active, active_users, first_at, last_at.
-- Choices: a user in two groups of the type counts once. Events, of which one in two groups counts once as well, are not
--   counted, so sums of activity tell.
with
-- one row is what one user did in one group of the type
in_groups as (select * from scoped_activity where in_range)
select
    count(distinct group_1) as groups_active,
    count(distinct user_key) as active_users,
    min(first_at) as first_at,
    max(last_at) as last_at
from in_groups
