-- Question: how active were the groups of a type together?
-- One row is: the whole range.
-- Parameters: $rows (ubigint): no row has a higher number.
-- Columns: groups_active, active_users, events, first_at, last_at.
-- Choices: a user and an event in two groups of the type count once. Events are told apart by a bit for each row, which
--   is cheaper than to compare their numbers.
with
-- one row is one event in one group of the type
in_groups as (select * from scoped_events where in_range)
select
    count(distinct group_1) as groups_active,
    count(distinct user_key) as active_users,
    coalesce(bit_count(bitstring_agg(seq, 0::ubigint, $rows::ubigint)), 0) as events,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from in_groups
