-- name: refusal_note(source, at, reason)!
INSERT INTO refusals (source, at, reason) VALUES (:source, :at, :reason)
ON CONFLICT (source) DO UPDATE SET at = excluded.at, reason = excluded.reason;

-- name: refusal_of(source)^
SELECT at, reason FROM refusals WHERE source = :source;

-- name: event_after(source, after)^
-- Ids are ordered by time: nothing older than `after` is looked at.
SELECT * FROM events WHERE id > :after AND source = :source ORDER BY id LIMIT 1;
