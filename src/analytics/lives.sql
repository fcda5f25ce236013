-- Question: in which slices of time was each unit active, and where does its life begin?
-- One row is: one unit in one place (the unit, and the groups split by) that was active in at least one slice.
-- Parameters: $ahead (integer): how many of the slices lie before the range.
-- Columns: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (texts of the properties split by),
--   born (the slice of its first event that is read, -1 outside of all), slices (list), events (in slices of the range).
-- Choices: a unit's value is that of its first event in the range that has one; only of a unit without an event in
--   the range the first event before it that has one decides.
with
-- one row is one unit in one place
lives as (
    select
        part_1, part_2, part_3,
        arg_min(coalesce(slice, -1), first_at) as born,
        list(slice) filter (where slice is not null) as slices,
        coalesce(sum(events) filter (where slice >= $ahead), 0)::bigint as events,
        coalesce(max(slice) >= $ahead, false) as is_in_range,
        arg_min(value_1, slice) filter (where slice >= $ahead) as value_1,
        arg_min(value_2, slice) filter (where slice >= $ahead) as value_2,
        arg_min(value_3, slice) filter (where slice >= $ahead) as value_3,
        arg_min(value_1, slice) as earlier_1,
        arg_min(value_2, slice) as earlier_2,
        arg_min(value_3, slice) as earlier_3
    from scoped_slices
    group by unit, part_1, part_2, part_3
    having count(slice) > 0
)
select
    part_1, part_2, part_3,
    case when is_in_range then value_1 else earlier_1 end as value_1,
    case when is_in_range then value_2 else earlier_2 end as value_2,
    case when is_in_range then value_3 else earlier_3 end as value_3,
    born, slices, events
from lives
