-- Question: which values does a property of events, profiles or the groups of a type have?
-- One row is: one value, as text.
-- Parameters: $of (EVENT, PROFILE or GROUP); $group_type (text or null): the type of the groups; $pointer (text): the
--   property, as a JSON pointer; $prefix (text or null): what a value begins with, in any case; $first (bigint): rows
--   at most.
-- Columns: value, owners (bigint).
-- Choices: a string is its own text, everything else its compact JSON text; null is missing. The most frequent first;
--   of equals, the value decides.
with
-- one row is one event, profile or group
owned as (
    select properties from scoped_events where $of::varchar = 'EVENT' and in_range
    union all
    select properties from known_profiles where $of::varchar = 'PROFILE'
    union all
    select properties from known_groups where $of::varchar = 'GROUP' and group_type = $group_type::varchar
),
-- one row is one value
counted as (
    select json_extract_string(properties, $pointer::varchar) as value, count(*) as owners
    from owned
    group by value
)
select value, owners
from counted
where value is not null
    and ($prefix::varchar is null or starts_with(lower(value), lower($prefix::varchar)))
order by owners desc, value
limit $first::bigint
