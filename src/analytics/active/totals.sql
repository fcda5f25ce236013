-- Question: how active were the groups of a type together?
-- One row is: the whole range.
-- Parameters: none.
-- Columns: groups_active, active_users, events, first_at, last_at.
-- Choices: a user and an event in two groups of the type count once.
with
-- one row is one event in one group of the type
in_groups as (select * from scoped_events where in_range)
select
    count(distinct group_1) as groups_active,
    count(distinct user_key) as active_users,
    count(distinct seq) as events,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from in_groups
