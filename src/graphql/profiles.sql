-- Question: which profiles are there, in an order, behind a cursor?
-- One row is: one profile of the page; when the page is empty, one row without a profile.
-- Parameters: $search, text to look for, or null; $group_id, only its members of now, or null; $order, one of ID,
--   EMAIL, LAST_NAME, FIRST_SEEN_AT, LAST_SEEN_AT; $descending; $after_key and $after_id, the last profile already
--   seen, or null; $first, rows at most.
-- Columns: total (profiles in the whole list), profile_id, first_name, last_name, email, avatar, properties (JSON
--   text), sort_key.
-- Choices: everybody who was identified, was ever a member, or has an event is listed. A missing sort key stands
--   last in either direction; ties are in ascending order of the id. Keys that are texts ignore case.
with
-- one row is one profile that has an event
active as (
    select user_key, min(first_at) as first_seen_at, max(last_at) as last_seen_at
    from scoped_activity
    where user_key is not null
    group by user_key
),
-- one row is the same with the profile's id
seen as (
    select u.user_id as profile_id, a.first_seen_at, a.last_seen_at
    from active as a
    join user_ids as u on u.user_key = a.user_key
),
-- one row is one profile
everybody as (
    select profile_id from known_profiles
    union
    select profile_id from known_memberships
    union
    select profile_id from seen
),
-- one row is one profile of the list, with what it is sorted by; instants are digits that sort like themselves
listed as (
    select
        e.profile_id, p.first_name, p.last_name, p.email, p.avatar, p.properties,
        case $order::varchar
            when 'ID' then e.profile_id
            when 'EMAIL' then lower(p.email)
            when 'LAST_NAME' then lower(p.last_name)
            when 'FIRST_SEEN_AT' then lpad((epoch_us(s.first_seen_at) + 62135596800000000)::varchar, 20, '0')
            when 'LAST_SEEN_AT' then lpad((epoch_us(s.last_seen_at) + 62135596800000000)::varchar, 20, '0')
        end as sort_key
    from everybody as e
    left join known_profiles as p on p.profile_id = e.profile_id
    left join seen as s on s.profile_id = e.profile_id
    where (
            $search::varchar is null
            or contains(lower(e.profile_id), lower($search::varchar))
            or contains(lower(coalesce(p.email, '')), lower($search::varchar))
            or contains(lower(concat_ws(' ', p.first_name, p.last_name)), lower($search::varchar))
        )
        and (
            $group_id::varchar is null
            or e.profile_id in (
                select m.profile_id from known_memberships as m
                where m.group_id = $group_id::varchar and m.left_at is null
            )
        )
),
-- one row is one profile of the page
page as (
    select *
    from listed
    where $after_id::varchar is null
        or case
            when sort_key is not distinct from $after_key::varchar then profile_id > $after_id::varchar
            when $after_key::varchar is null then false
            when sort_key is null then true
            when $descending::boolean then sort_key < $after_key::varchar
            else sort_key > $after_key::varchar
        end
    order by
        sort_key is null,
        case when $descending::boolean then sort_key end desc,
        case when not $descending::boolean then sort_key end asc,
        profile_id
    limit $first::bigint
),
-- one row is the size of the whole list
size as (
    select count(*) as total from listed
)
select size.total, page.*
from size
left join page on true
order by
    sort_key is null,
    case when $descending::boolean then sort_key end desc,
    case when not $descending::boolean then sort_key end asc,
    profile_id
