-- Format 7 of the catalog: segments in object storage.

-- What tells this folder's objects from those of every other; null until there are some.
alter table meta add column lake varchar;

-- One row is one object with a segment, from before it is written until it is deleted. `segment` is 0 for one that was found
-- there and belongs to none. It may be deleted some time after `unused_since`, when its segment was seen to be replaced.
create table objects (
    name varchar not null,
    segment ubigint not null,
    bytes ubigint not null,
    -- Whether all of it has arrived.
    is_whole boolean not null,
    -- What is wrong with it, if something was found to be.
    damage varchar,
    unused_since timestamp
);
update meta set format = 7;
