-- Question: who started when, and who came back how many slices later?
-- One row is: one cohort of one row of the breakdown in one column: 0 is the starters.
-- Parameters: $recurring (boolean): a unit is in the cohort of every slice with a start event, else of its first ever;
--   $rolling (boolean): only the last return counts.
-- Columns: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (texts of the properties split by),
--   cohort (a slice), later (how many slices after it), units.
-- Choices: bit 1 of steps is the start event, bit 2 the return event. The start event that puts a unit into a cohort
--   decides its values, also where it has none.
with
-- one row is what one unit did in one place in one slice, or outside of all
slices as (
    select
        unit, part_1, part_2, part_3, slice,
        min(first_at) filter (where steps & 1 > 0) as started_at,
        bool_or(steps & 2 > 0) as is_back,
        arg_min(struct_pack(a := value_1, b := value_2, c := value_3), (first_at, first_seq))
            filter (where steps & 1 > 0) as readings
    from scoped_slices
    where slice is not null or steps & 1 > 0
    group by unit, part_1, part_2, part_3, slice
),
-- one row is one unit in one cohort, -1 where that lies outside of all slices
starters as (
    select
        unit, part_1, part_2, part_3,
        arg_min(coalesce(slice, -1), started_at) as cohort,
        arg_min(readings, started_at) as readings
    from slices
    where started_at is not null
    group by unit, part_1, part_2, part_3, case when $recurring then coalesce(slice, -1) end
),
-- one row is one return of one unit of a cohort
returns as (
    select s.unit, s.part_1, s.part_2, s.part_3, s.readings, s.cohort, max(r.slice - s.cohort) as later
    from starters as s
    join slices as r
        on r.unit = s.unit
        and r.part_1 is not distinct from s.part_1
        and r.part_2 is not distinct from s.part_2
        and r.part_3 is not distinct from s.part_3
    where s.cohort >= 0 and r.is_back and r.slice > s.cohort
    group by
        s.unit, s.part_1, s.part_2, s.part_3, s.readings, s.cohort, case when $rolling then 0 else r.slice end
),
-- one row is one unit in one cell
cells as (
    select unit, part_1, part_2, part_3, readings, cohort, 0 as later from starters where cohort >= 0
    union all
    select unit, part_1, part_2, part_3, readings, cohort, later from returns
)
select
    part_1, part_2, part_3, readings.a as value_1, readings.b as value_2, readings.c as value_3,
    cohort::integer as cohort, later::integer as later, count(*) as units
from cells
group by part_1, part_2, part_3, readings, cohort, later
