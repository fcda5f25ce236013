-- Format 2 of the catalog, that of the first release. Instants are UTC with whole microseconds; `project` is the tenant's key in every table.

-- One row: the format, how far the log is sealed, and the highest number that a segment ever had.
create table meta (
    format uinteger not null,
    sealed_generation ubigint not null,
    sealed_seq ubigint not null,
    last_segment ubigint not null
);
insert into meta values (2, 0, 0, 0);

create table projects (project uinteger primary key, name varchar not null unique, created_at timestamp not null);

-- Credentials. The secret is kept as its SHA-256, hex.
create table clients (
    client_id varchar primary key,
    project uinteger not null,
    access_right varchar not null,
    secret_sha256 varchar not null,
    origins varchar[] not null,
    created_at timestamp not null
);

-- The daily salts of device ids. One row is one UTC day.
create table salts (day date primary key, salt varchar not null);

-- Sealed segments. One row is one Parquet file, named after its number: what it covers and what it must look like.
create table segments (
    segment ubigint primary key,
    events ubigint not null,
    bytes ubigint not null,
    crc32 uinteger not null,
    first_seq ubigint not null,
    last_seq ubigint not null,
    first_project uinteger not null,
    last_project uinteger not null,
    first_at timestamp not null,
    last_at timestamp not null
);

-- The shape of events: never holds a row. Hot tables are made after it and empty reads come from it.
create table events (
    project uinteger not null,
    seq ubigint not null,
    id varchar not null,
    name varchar not null,
    profile_id varchar,
    device_id varchar,
    session_id varchar,
    groups varchar[] not null,
    path varchar,
    properties varchar not null,
    revenue bigint,
    occurred_at timestamp not null,
    received_at timestamp not null,
    name_key uinteger not null,
    user_key uinteger,
    path_key uinteger,
    group_keys uinteger[] not null
);

-- The shape of events placed in groups: never holds a row. One row is one event in one of its groups, or an event
-- without any.
create table placed (
    project uinteger not null,
    group_key uinteger,
    place usmallint not null,
    seq ubigint not null,
    occurred_at timestamp not null,
    name_key uinteger not null,
    user_key uinteger,
    is_identified boolean not null,
    path_key uinteger
);

-- In the tables below a row holds for the sealings from `seq` on and before `until_seq`. A row that another one
-- replaced stays for readers of an earlier instant.

create table group_versions (
    project uinteger not null,
    seq ubigint not null,
    change_seq ubigint not null,
    group_id varchar not null,
    group_key uinteger not null,
    life ubigint not null,
    is_deleted boolean not null,
    group_type varchar not null,
    name varchar not null,
    patch varchar not null,
    properties varchar not null,
    effective_at timestamp not null,
    changed_at timestamp not null,
    created_at timestamp not null,
    until_seq ubigint not null
);

-- Groups as their versions leave them. One row is one group, deleted ones too.
create table groups (
    project uinteger not null,
    group_key uinteger not null,
    group_id varchar not null,
    is_deleted boolean not null,
    group_type varchar not null,
    name varchar not null,
    properties varchar not null,
    created_at timestamp not null,
    updated_at timestamp not null,
    seq ubigint not null,
    until_seq ubigint not null
);

create table profile_versions (
    project uinteger not null,
    seq ubigint not null,
    profile_id varchar not null,
    user_key uinteger not null,
    first_name varchar,
    last_name varchar,
    email varchar,
    avatar varchar,
    properties varchar not null,
    created_at timestamp not null,
    updated_at timestamp not null,
    until_seq ubigint not null
);

create table memberships (
    project uinteger not null,
    seq ubigint not null,
    membership_seq ubigint not null,
    profile_id varchar not null,
    user_key uinteger not null,
    group_id varchar not null,
    group_key uinteger not null,
    joined_at timestamp not null,
    left_at timestamp,
    until_seq ubigint not null
);

-- The keys that stand for texts, ascending. Kinds: 1 group ids, 2 profile ids, 3 device ids, 4 event names, 5 paths.
create table keys (
    project uinteger not null,
    seq ubigint not null,
    kind utinyint not null,
    key uinteger not null,
    text varchar not null,
    until_seq ubigint not null
);
