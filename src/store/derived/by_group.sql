-- Events placed in groups, so that the rows of one group stand together, in the order of time.
-- One row is one event in one of its groups, or an event without any.
select project, group_key, place, seq, occurred_at, name_key, user_key, is_identified, path_key
from placed
order by project, group_key, occurred_at, seq
