-- Format 4 of the catalog: what is known of clients beside their secrets.

alter table clients add column name varchar default '';
alter table clients add column last_used_at timestamp;
alter table clients add column revoked_at timestamp;
update meta set format = 4;
