-- Question: in which slices of time was each unit active, and when did its life begin?
-- One row is: one unit in one place (the unit, and the groups split by).
-- Parameters: none.
-- Columns: those of scoped_masks: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (null), first_at_0
--   (its first event that is read), mask_0_0 and so on (bits for slices), events (in the range).
-- Choices: answers what lives.sql answers, where nothing is read along and slices are few enough.
with
-- one row is one unit in one place
lives as (select * from scoped_masks)
select * from lives
