-- Question: what did the units do that an event happened in, one thing after the other?
-- One row is: one event of one unit.
-- Parameters: $event (text): the name that must happen in a unit.
-- Columns: unit (a key, or the id of a session), occurred_at, seq (its arrival), name_key, is_event (whether it has the name
--   asked for).
-- Choices: in no order; whoever reads them puts those of a unit together. Units in which the event never happened are left
--   out.
with
-- one row is one event of one unit in the range
seen as (select unit, occurred_at, seq, name_key from scoped_events where in_range and unit is not null),
-- one row is the name asked for, if any event ever had it
asked as (select name_key from event_names where name = $event),
-- one row is one unit in which the event happened
units as (select distinct unit from seen where name_key in (select name_key from asked))
select unit, occurred_at, seq::bigint as seq, name_key, name_key in (select name_key from asked) as is_event
from seen
where unit in (select unit from units)
