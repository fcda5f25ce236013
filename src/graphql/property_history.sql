-- Question: what did each group look like through its present life?
-- One row is one change of one group on the wanted page, or one group whose page is empty.
-- Parameters: $after_effective (microseconds UTC) and $after_change, the last change already seen, or null;
-- $first, changes on a page (one more is given when there are more). The scope splits by the wanted groups.
-- Columns: group_id, total, change_seq (null: the page is empty), effective_at, group_type, name, properties (JSON text).
-- Choices: by the instant of taking effect, newest first; of several at one instant the last received comes first.
with
-- one row is one change of a wanted group
changes as (
    select group_id, change_seq::bigint as change_seq, effective_at, group_type, name, properties
    from asked_changes
),
-- one row is one group with how many changes it had
totals as (
    select group_id, count(*) as total
    from changes
    group by group_id
),
-- one row is one change behind the cursor, with its place there
ahead as (
    select *, row_number() over (partition by group_id order by effective_at desc, change_seq desc) as place
    from changes
    where $after_change::bigint is null
        or effective_at < make_timestamp($after_effective::bigint)
        or (effective_at = make_timestamp($after_effective::bigint) and change_seq < $after_change::bigint)
)
select t.group_id, t.total, a.change_seq, a.effective_at, a.group_type, a.name, a.properties
from totals as t
left join ahead as a on a.group_id = t.group_id and a.place <= $first::bigint + 1
order by t.group_id, a.place
