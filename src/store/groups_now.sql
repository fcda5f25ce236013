-- One row is one group as its versions leave it: the last change of its present life that takes effect, or the
-- last life it had when that ended. What stands in braces is the relation of versions that hold. Which version
-- decides is found without the properties, which may be large.
select
    v.project, v.group_key, v.group_id, decides.is_over as is_deleted,
    v.group_type, v.name, v.properties, v.created_at, decides.updated_at
from {versions} as v
join (
    select seq, is_over, updated_at
    from (
        select
            seq,
            bool_or(is_deleted) over one_life as is_over,
            max(changed_at) over one_life as updated_at,
            row_number() over (
                partition by project, group_key order by life desc, effective_at desc, change_seq desc
            ) as place
        from {versions}
        window one_life as (partition by project, group_key, life)
    )
    where place = 1
) as decides on decides.seq = v.seq
