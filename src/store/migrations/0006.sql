-- Format 6 of the catalog: what is to be erased, and what was.

-- One row is one erasure. What is erased goes by keys, so that no id of whom it concerns is kept here; they are null
-- once it is finished. It takes what was stored up to `seq`, which is in generations up to `generation`.
create table erasures (
    erasure varchar not null,
    project uinteger not null,
    subject varchar not null,
    requested_at timestamp not null,
    finished_at timestamp,
    generation ubigint not null,
    seq ubigint not null,
    -- The key of the profile or the group.
    key uinteger,
    -- The keys of devices that it alone used; null before they are known.
    devices uinteger[],
    -- The keys of names and paths that its events have, which may be on no other event.
    texts uinteger[]
);
update meta set format = 6;
