-- Events placed in groups, so that the rows of one event name stand together, and in them those of one group.
-- One row is one event in one of its groups, or an event without any.
select project, group_key, place, seq, occurred_at, name_key, user_key, is_identified, path_key
from placed
order by project, name_key, group_key, user_key, occurred_at, seq
