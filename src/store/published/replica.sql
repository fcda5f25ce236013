-- Makes a catalog that of a replica. One row: which published instant it holds. An empty lake: none yet.
create table main.replica (
    lake varchar not null,
    lineage varchar not null,
    epoch varchar not null,
    number ubigint not null,
    -- How many instants were applied: the index of keys covers so many.
    step ubigint not null,
    -- Microseconds since 1970.
    made_at bigint not null,
    -- The keys of what is being erased, a JSON list.
    erased varchar not null,
    -- Whether rows that are erased may be in the file of the catalog.
    has_rest boolean not null
);
insert into main.replica values ('', '', '', 0, 0, 0, '[]', false);
