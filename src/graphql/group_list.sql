-- Question: which groups are there?
-- One row is one group on the wanted page; when the page is empty, one row without a group.
-- Parameters: $type, text or null; $search, text or null; $order, one of NAME ID TYPE CREATED_AT LAST_ACTIVE_AT
-- MEMBER_COUNT EVENTS; $is_descending; $after_id, the last group already seen, or null, with its sort keys
-- $after_number and $after_text, both null where it had none; $first, groups on a page (one more is given when
-- there are more). The scope splits events by all groups and reads them from the first on; it holds none where neither the
-- order nor the list needs them.
-- Columns: total, group_id, group_type, name, properties (JSON text), created_at, updated_at, sort_number, sort_text.
-- Choices: without a type, ids that were only seen on events or in memberships are listed too, deleted groups
-- never. Groups without a sort key come last in both directions; ties end in the id, ascending unless the id
-- itself is the order. EVENTS counts those in the range. Names are ordered in any case. The search is for plain text in any case.
with
-- one row is one group id that events carry
carried as (
    select g.group_id, c.events, c.last_active_at
    from (
        select
            group_1,
            sum(events) filter (where in_range)::bigint as events,
            max(last_at) as last_active_at
        from scoped_activity
        group by group_1
    ) as c
    join group_ids as g on g.group_key = c.group_1
),
-- one row is one id that was seen and never upserted
strangers as (
    select group_id from carried
    union
    select group_id from known_memberships
    except
    select group_id from known_groups
    except
    select group_id from deleted_groups
),
-- one row is one group that may be listed
candidates as (
    select group_id, group_type, name, properties, created_at, updated_at
    from known_groups
    where $type::varchar is null or group_type = $type::varchar
    union all
    select group_id, null, null, null, null, null
    from strangers
    where $type::varchar is null
),
-- one row is one group with members, where the order asks for them
crowds as (
    select group_id, count(distinct profile_id) as members
    from known_memberships
    where left_at is null and $order::varchar = 'MEMBER_COUNT'
    group by group_id
),
-- one row is one listed group with its sort keys; one of the two is always null
listed as (
    select
        g.*,
        case $order::varchar
            when 'CREATED_AT' then epoch_us(g.created_at)
            when 'LAST_ACTIVE_AT' then epoch_us(c.last_active_at)
            when 'MEMBER_COUNT' then coalesce(m.members, 0)
            when 'EVENTS' then coalesce(c.events, 0)
        end as sort_number,
        case $order::varchar
            when 'NAME' then lower(g.name)
            when 'ID' then g.group_id
            when 'TYPE' then g.group_type
        end as sort_text
    from candidates as g
    left join carried as c on c.group_id = g.group_id
    left join crowds as m on m.group_id = g.group_id
    where $search::varchar is null
        or contains(lower(g.group_id), lower($search::varchar))
        or contains(lower(coalesce(g.name, '')), lower($search::varchar))
),
-- one row is the number of listed groups
totals as (
    select count(*) as total from listed
),
-- one row is one listed group with sort keys that ascend but for texts in descending order
keyed as (
    select
        *,
        case when sort_number is null and sort_text is null then 1 else 0 end as missing,
        coalesce(case when $is_descending::boolean then -sort_number else sort_number end, 0) as number_key,
        coalesce(sort_text, '') as text_key
    from listed
),
-- one row is where the page before ended, in the same keys
seen as (
    select
        case when $after_number::bigint is null and $after_text::varchar is null then 1 else 0 end as missing,
        coalesce(case when $is_descending::boolean then -($after_number::bigint) else $after_number::bigint end, 0)
            as number_key,
        coalesce($after_text::varchar, '') as text_key,
        $after_id::varchar as group_id
),
-- one row is one group on the page, or the one behind it
page as (
    select k.*
    from keyed as k
    cross join seen as s
    where s.group_id is null
        or k.missing > s.missing
        or (k.missing = s.missing and (
            k.number_key > s.number_key
            or (k.number_key = s.number_key and (
                (k.text_key > s.text_key and not $is_descending::boolean)
                or (k.text_key < s.text_key and $is_descending::boolean)
                or (k.text_key = s.text_key and k.group_id > s.group_id)
            ))
        ))
    order by
        k.missing,
        k.number_key,
        case when $is_descending::boolean then '' else k.text_key end,
        case when $is_descending::boolean then k.text_key else '' end desc,
        k.group_id
    limit $first::bigint + 1
)
select
    t.total, p.group_id, p.group_type, p.name, p.properties, p.created_at, p.updated_at,
    p.sort_number, p.sort_text
from totals as t
left join page as p on true
order by
    p.missing,
    p.number_key,
    case when $is_descending::boolean then '' else p.text_key end,
    case when $is_descending::boolean then p.text_key else '' end desc,
    p.group_id
