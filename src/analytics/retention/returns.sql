-- Question: in which slices of time did each unit come back?
-- One row is: one unit in one place (the unit, and the groups split by).
-- Parameters: none; the scope reads the return event alone.
-- Columns: those of scoped_unit_masks: unit, part_1 to part_3 (keys of the groups split by), value_1 to value_3 (null),
--   first_at_0 (its first return), mask_0_0 and so on (bits for slices), events.
-- Choices: none.
with
-- one row is one unit in one place
deeds as (select * from scoped_unit_masks)
select * from deeds
