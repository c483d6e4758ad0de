-- name: inbox_keep(id, received_at, peer, helo, sender, recipients, raw, size, digest, message_id, essence)^
-- Neither the same bytes nor, by another way, the same mail.
INSERT INTO inbox (id, received_at, peer, helo, sender, recipients, raw, size, digest, message_id, essence, state)
VALUES (:id, :received_at, :peer, :helo, :sender, :recipients, :raw, :size, :digest, :message_id, :essence, 'waiting')
ON CONFLICT DO NOTHING RETURNING id;

-- name: inbox_keep_settled(id, received_at, peer, helo, sender, recipients, raw, size, digest, message_id, outcome, reason)^
INSERT INTO inbox (id, received_at, peer, helo, sender, recipients, raw, size, digest, message_id, state, outcome,
  reason, settled_at)
VALUES (:id, :received_at, :peer, :helo, :sender, :recipients, :raw, :size, :digest, :message_id, 'settled', :outcome,
  :reason, :received_at)
ON CONFLICT (digest, recipients) DO NOTHING RETURNING id;

-- name: inbox_same(digest, recipients)^
SELECT id FROM inbox WHERE digest = :digest AND recipients = :recipients;

-- name: inbox_by_essence(essence)^
SELECT id FROM inbox WHERE essence = :essence;

-- name: inbox_leave(id, now)!
UPDATE inbox SET left_at = :now WHERE id = :id;

-- name: inbox_waiting_ids(most, seconds)
-- Ids alone: together the mails may be large.
SELECT id FROM inbox WHERE state = 'waiting'
  AND (tried_at IS NULL OR tried_at < now_us() - CAST(:seconds AS BIGINT) * 1000000)
ORDER BY id LIMIT :most;

-- name: inbox_begin(id, seconds)^
-- Counted and durable before each try, and nobody else's for a while.
UPDATE inbox SET attempts = attempts + 1, tried_at = now_us()
WHERE id = :id AND state = 'waiting' AND (tried_at IS NULL OR tried_at < now_us() - CAST(:seconds AS BIGINT) * 1000000)
RETURNING *;

-- name: inbox_settle(id, state, outcome, reason, origin, now)^
UPDATE inbox SET state = :state, outcome = :outcome, reason = :reason, origin = :origin, settled_at = :now
WHERE id = :id AND state = 'waiting' RETURNING id;

-- name: inbox_refine(id, outcome, reason)!
-- What its settling brought to light, in the same transaction.
UPDATE inbox SET outcome = :outcome, reason = :reason WHERE id = :id;

-- name: inbox_by_id(id)^
SELECT * FROM inbox WHERE id = :id;

-- name: inbox_from(identity, most)
-- By the envelope's sender; without the mails themselves, which may be large.
SELECT received_at, outcome, reason, origin FROM inbox WHERE lower(sender) = :identity
ORDER BY received_at DESC LIMIT :most;

-- name: inbox_counts()
SELECT outcome, COUNT(*) AS n FROM inbox GROUP BY outcome ORDER BY outcome NULLS FIRST;
