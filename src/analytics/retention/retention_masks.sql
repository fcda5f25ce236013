-- Question: in which slices of time did each unit start, in which did it come back, and when did it start first?
-- One row is: one unit in one place (the unit, and the groups split by).
-- Parameters: none.
-- Columns: those of scoped_step_masks: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (null),
--   first_at_1 (its first start), mask_1_0 and so on (bits for slices with a start), mask_2_0 and so on (with a return).
-- Choices: answers what retention.sql answers, where nothing is read along and slices are few enough. Step 1 is the
--   start event, step 2 the return event.
with
-- one row is one unit in one place
deeds as (select * from scoped_step_masks)
select * from deeds
