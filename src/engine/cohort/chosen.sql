-- Question: which profiles, or groups of a type, pass a test on themselves?
-- One row is: one of them.
-- Parameters: none.
-- Columns: unit (its key).
with
-- one row is one of them
passed as (select unit from chosen_units)
select unit from passed
