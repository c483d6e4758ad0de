-- name: lock_name(name)^
-- Writers run one after another anyway.
SELECT :name AS name;
