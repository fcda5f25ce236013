-- Question: which steps has a group done, when first, by whom, and how often?
-- One row is: one step that was done in the range.
-- Parameters: $steps (bigint): how many steps are asked for.
-- Columns: step (bigint, from 0), events, first_at, profile_id (null for nobody).
-- Choices: each step on its own, whatever the order; of events of one instant the one that arrived first is the first.
with
-- one row is one step
steps as (select unnest(range($steps::bigint)) as step),
-- one row is one event that does one step
hits as (
    select s.step, e.occurred_at, e.seq, e.user_key
    from scoped_events as e
    join steps as s on (e.steps::bigint >> s.step) & 1 = 1
    where e.in_range
),
-- one row is one step that was done
firsts as (
    select
        step,
        count(*) as events,
        min(occurred_at) as first_at,
        arg_min_null(user_key, (occurred_at, seq)) as user_key
    from hits
    group by step
)
select f.step, f.events, f.first_at, u.user_id as profile_id
from firsts as f
left join user_ids as u on u.user_key = f.user_key
order by f.step
