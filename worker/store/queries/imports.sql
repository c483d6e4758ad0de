-- name: import_begin(source, began_at, since, place, tally)!
INSERT INTO imports (source, began_at, since, place, tally) VALUES (:source, :began_at, :since, :place, :tally)
ON CONFLICT (source) DO UPDATE SET began_at = excluded.began_at, since = excluded.since, place = excluded.place,
  tally = excluded.tally, finished_at = NULL;

-- name: import_of(source)^
SELECT * FROM imports WHERE source = :source;

-- name: import_advance(source, began_at, place, next_place)^
-- Once only: of two imports of one account the slower one stops.
UPDATE imports SET place = :next_place
WHERE source = :source AND began_at = :began_at AND place = :place AND finished_at IS NULL RETURNING tally;

-- name: import_set_tally(source, tally)!
UPDATE imports SET tally = :tally WHERE source = :source;

-- name: import_finish(source, began_at, now)^
UPDATE imports SET finished_at = :now
WHERE source = :source AND began_at = :began_at AND finished_at IS NULL RETURNING tally;

-- name: event_first(source)^
SELECT received_at FROM events WHERE source = :source ORDER BY id LIMIT 1;
