-- Question: is there any event in the range that passes the filter?
-- One row is the answer.
-- Parameters: none; the scope holds the range and the filter.
-- Columns: found (bigint, 1 or 0).
-- Choices: the first event that is found ends the search.
with
-- one row is one event, of at most one
some_event as (
    select seq from scoped_events limit 1
)
select count(*) as found from some_event
