-- Question: is there any profile, or any group of the type, that the scope chooses?
-- One row is the answer.
-- Parameters: none; the scope holds whom it chooses.
-- Columns: found (bigint, 1 or 0).
-- Choices: the first one that is found ends the search.
with
-- one row is one profile or group, of at most one
some_unit as (
    select unit from chosen_units limit 1
)
select count(*) as found from some_unit
