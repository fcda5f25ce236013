-- Question: how many events does a list have?
-- One row is: the whole list.
-- Parameters: $name, $profile_id, $group_id, each one value that must be met, or null.
-- Columns: events.
-- Choices: the same conditions as events.sql, without a cursor.
with
-- one row is one event of the list
listed as (
    select seq
    from scoped_events
    where ($name::varchar is null or name = $name::varchar)
        and ($profile_id::varchar is null or profile_id = $profile_id::varchar)
        and ($group_id::varchar is null or list_contains(groups, $group_id::varchar))
)
select count(*) as events
from listed
