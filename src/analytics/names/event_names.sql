-- Question: which names do events have, and how often?
-- One row is: one name.
-- Parameters: $prefix (text or null): what a name begins with, in any case; $first (bigint): rows at most.
-- Columns: name, events, last_at.
-- Choices: the most frequent first; of equals, the name decides.
with
-- one row is one name's key
counted as (
    select name_key, count(*) as events, max(occurred_at) as last_at
    from scoped_events
    where in_range
    group by name_key
)
select n.name, c.events, c.last_at
from counted as c
join event_names as n on n.name_key = c.name_key
where $prefix::varchar is null or starts_with(lower(n.name), lower($prefix::varchar))
order by c.events desc, n.name
limit $first::bigint
