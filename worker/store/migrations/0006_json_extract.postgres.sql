-- One more function that SQLite has: the text at a path in a JSON text.
CREATE FUNCTION json_extract(body TEXT, path TEXT) RETURNS TEXT LANGUAGE SQL IMMUTABLE AS
$$ SELECT jsonb_path_query_first(CAST(body AS JSONB), CAST(path AS JSONPATH)) #>> '{}' $$;
