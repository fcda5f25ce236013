-- Format 5 of the catalog: which clients may read the schema. Null: as their right has it.

alter table clients add column introspection boolean;
update meta set format = 5;
