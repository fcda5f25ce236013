-- Question: what do the numbers of matching events come to, in each row, in the range and in each slice of it?
-- One row is: one row of the breakdown, over the range or in one slice.
-- Parameters: $figure (text): SUM, AVERAGE, MIN, MAX, MEDIAN or P90.
-- Columns: part_1 to part_3 (keys of the groups split by), value_1 to value_3 (texts of the properties split by),
--   slice (null for the range), figure (null without numbers), events, numbers (events that have one).
-- Choices: every event has its own values. Medians and percentiles are interpolated linearly. Where
--   others tell how many events match, those without a number are left out of the scope.
with
-- one row is one event in one place
seen as (select * from scoped_events where in_range)
select
    part_1, part_2, part_3, reading_1 as value_1, reading_2 as value_2, reading_3 as value_3,
    slice,
    case $figure
        when 'SUM' then sum(number) filter (where $figure = 'SUM')
        when 'AVERAGE' then avg(number) filter (where $figure = 'AVERAGE')
        when 'MIN' then min(number) filter (where $figure = 'MIN')
        when 'MAX' then max(number) filter (where $figure = 'MAX')
        when 'MEDIAN' then quantile_cont(number, 0.5) filter (where $figure = 'MEDIAN')
        else quantile_cont(number, 0.9) filter (where $figure = 'P90')
    end::double as figure,
    count(*) as events,
    count(number) as numbers
from seen
group by grouping sets (
    (part_1, part_2, part_3, reading_1, reading_2, reading_3, slice),
    (part_1, part_2, part_3, reading_1, reading_2, reading_3)
)
