-- Two functions that SQLite has (one built in, one from the engine), so that one text of a query serves both databases.

-- The database's own clock in UTC microseconds: leases are taken and ended by it, never by a process's clock.
CREATE FUNCTION now_us() RETURNS BIGINT LANGUAGE SQL VOLATILE AS
$$ SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) $$;

-- The texts of a JSON list, for `IN (SELECT value FROM json_each(CAST(:ids AS TEXT)))`.
CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (value TEXT) LANGUAGE SQL IMMUTABLE ROWS 50 AS
$$ SELECT jsonb_array_elements_text(CAST(list AS JSONB)) $$;
