-- Question: which properties do events, profiles or the groups of a type have?
-- One row is: one dotted path of a value that is no object.
-- Parameters: $of (EVENT, PROFILE or GROUP); $group_type (text or null): the type of the groups; $prefix (text or
--   null): what a path begins with, in any case; $first (bigint): rows at most.
-- Columns: property, owners (bigint), numbers (bigint).
-- Choices: owners of one structure (which keys, and the type of each value) are gone through once, together. A
--   structure has the name of a type in place of each value; NULL is that of null, JSON that of an empty object, and
--   neither is a value. The most frequent first; of equals, the path decides.
with recursive
-- one row is one event, profile or group
owned as (
    select properties from scoped_events where $of::varchar = 'EVENT' and in_range
    union all
    select properties from known_profiles where $of::varchar = 'PROFILE'
    union all
    select properties from known_groups where $of::varchar = 'GROUP' and group_type = $group_type::varchar
),
-- one row is one structure
structures as (
    select json_structure(properties) as node, count(*) as owners
    from owned
    group by node
),
-- one row is one place in a structure; at first the whole, which has no path
nodes as (
    select node, null::varchar as property, owners
    from structures
    union all
    select
        json_extract(node, '/' || replace(replace(key, '~', '~0'), '/', '~1')),
        concat_ws('.', property, case when contains(key, '.') then '"' || key || '"' else key end),
        owners
    from (
        select node, property, owners, unnest(json_keys(node)) as key
        from nodes
        where json_type(node) = 'OBJECT'
    )
),
-- one row is one value of a structure, with its type
found as (
    select property, owners, json_extract_string(node, '$') as value_type
    from nodes
    where property is not null and json_type(node) <> 'OBJECT'
)
select
    property,
    sum(owners)::bigint as owners,
    coalesce(sum(owners) filter (where value_type in ('BIGINT', 'UBIGINT', 'DOUBLE')), 0)::bigint as numbers
from found
where value_type not in ('NULL', 'JSON')
    and ($prefix::varchar is null or starts_with(lower(property), lower($prefix::varchar)))
group by property
order by owners desc, property
limit $first::bigint
