-- name: event_keep(id, source, event_id, name, received_at, headers, body)
INSERT INTO events (id, source, event_id, name, received_at, headers, body, state)
VALUES (:id, :source, :event_id, :name, :received_at, :headers, :body, 'waiting')
ON CONFLICT (source, event_id) DO NOTHING RETURNING id;

-- name: events_waiting(most, seconds)
SELECT * FROM events WHERE state = 'waiting'
  AND (tried_at IS NULL OR tried_at < now_us() - CAST(:seconds AS BIGINT) * 1000000)
ORDER BY id LIMIT :most;

-- name: event_by_id(id)^
SELECT * FROM events WHERE id = :id;

-- name: event_settle(id, state, reason, field, now)^
UPDATE events SET state = :state, reason = :reason, field = :field, settled_at = :now
WHERE id = :id AND state = 'waiting' RETURNING id;

-- name: event_begin(id, seconds)^
-- Counted and durable before each try, and nobody else's for a while.
UPDATE events SET attempts = attempts + 1, tried_at = now_us()
WHERE id = :id AND state = 'waiting' AND (tried_at IS NULL OR tried_at < now_us() - CAST(:seconds AS BIGINT) * 1000000)
RETURNING attempts;

-- name: event_requeue(id)^
UPDATE events SET state = 'waiting', reason = NULL, field = NULL, attempts = 0, tried_at = NULL, settled_at = NULL
WHERE id = :id AND state IN ('quarantined', 'ignored') AND forgotten_at IS NULL RETURNING id;

-- name: events_list(state, most)
SELECT id, source, event_id, name, received_at, state, reason, field, attempts FROM events
WHERE CAST(:state AS TEXT) IS NULL OR state = CAST(:state AS TEXT) ORDER BY id DESC LIMIT :most;

-- name: events_count()
SELECT 'waiting' AS state, COUNT(*) AS n FROM events WHERE state = 'waiting'
UNION ALL SELECT 'quarantined' AS state, COUNT(*) AS n FROM events WHERE state = 'quarantined';

-- name: events_oldest_waiting()^
SELECT MIN(received_at) AS received_at FROM events WHERE state = 'waiting';
