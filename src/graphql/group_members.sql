-- Question: who is in each group now?
-- One row is one member of one group on the wanted page, or one group whose page is empty.
-- Parameters: $search, text or null; $after_joined (microseconds UTC) and $after_id, the last member already seen, or
-- null; $first, members on a page (one more is given when there are more). The scope splits by the wanted groups.
-- Columns: group_id, total, profile_id (null: the page is empty), joined_at, first_name, last_name, email, avatar,
-- properties (JSON text).
-- Choices: by the instant of joining, then id; of several open memberships of a profile the earliest counts.
-- The search is for plain text in any case, in id, e-mail address or full name.
with
-- one row is one member of one group
present as (
    select group_id, profile_id, user_key, min(joined_at) as joined_at
    from asked_memberships
    where left_at is null
    group by group_id, profile_id, user_key
),
-- one row is one member that is searched for
wanted as (
    select
        m.group_id, m.profile_id, m.joined_at,
        p.first_name, p.last_name, p.email, p.avatar, p.properties
    from present as m
    left join known_profiles as p on p.user_key = m.user_key
    where $search::varchar is null
        or contains(lower(m.profile_id), lower($search::varchar))
        or contains(lower(coalesce(p.email, '')), lower($search::varchar))
        or contains(lower(concat_ws(' ', p.first_name, p.last_name)), lower($search::varchar))
),
-- one row is one group with how many members are searched for
totals as (
    select group_id, count(*) as total
    from wanted
    group by group_id
),
-- one row is one member behind the cursor, with its place there
ahead as (
    select *, row_number() over (partition by group_id order by joined_at, profile_id) as place
    from wanted
    where $after_id::varchar is null
        or joined_at > make_timestamp($after_joined::bigint)
        or (joined_at = make_timestamp($after_joined::bigint) and profile_id > $after_id::varchar)
)
select
    t.group_id, t.total, a.profile_id, a.joined_at,
    a.first_name, a.last_name, a.email, a.avatar, a.properties
from totals as t
left join ahead as a on a.group_id = t.group_id and a.place <= $first::bigint + 1
order by t.group_id, a.place
