-- Question: which profiles, or groups of a type, did something so many times?
-- One row is: one of them.
-- Parameters: $at_least, $at_most (bigint), both inclusive.
-- Columns: unit (its key).
-- Choices: who never did it is not among them, however few are asked for.
with
-- one row is one of those who did it at all
done as (
    select unit, sum(events)::bigint as events
    from scoped_activity
    where in_range and steps > 0 and unit is not null
    group by unit
)
select unit from done
where events between $at_least::bigint and $at_most::bigint
