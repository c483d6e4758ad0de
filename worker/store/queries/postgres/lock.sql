-- name: lock_name(name)^
-- Until the end of the transaction, others who lock this name wait.
SELECT CAST(pg_advisory_xact_lock(hashtextextended(CAST(:name AS TEXT), 0)) AS TEXT) AS name;
