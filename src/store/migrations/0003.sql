-- Format 3 of the catalog: what a project defines for itself.

-- Small documents. One row is one of them; `kind` says what its body, a JSON text, means.
create table documents (
    project uinteger not null,
    kind varchar not null,
    id varchar not null,
    name varchar not null,
    body varchar not null,
    created_at timestamp not null,
    updated_at timestamp not null,
    primary key (project, kind, id)
);
update meta set format = 3;
