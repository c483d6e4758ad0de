-- name: milestone_claim(name, now, before)^
-- Whoever gets it does it: nobody else before the next time.
INSERT INTO milestones (name, at, details) VALUES (:name, :now, '{}')
ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE milestones.at <= :before RETURNING name;

-- name: forget_mails(before, most)
-- What a person has yet to get of it is no reason to forget, but to keep.
UPDATE inbox SET raw = NULL WHERE id IN (
  SELECT i.id FROM inbox i
  WHERE i.raw IS NOT NULL AND i.received_at < :before AND i.state = 'settled'
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.once_key = 'forward:' || i.id AND o.state <> 'sent')
  ORDER BY i.received_at LIMIT :most) RETURNING id;

-- name: forget_events(before, most, now, nothing)
-- The row stays: the same event told again is still known.
UPDATE events SET headers = '{}', body = :nothing, forgotten_at = :now WHERE id IN (
  SELECT id FROM events WHERE forgotten_at IS NULL AND received_at < :before AND state IN ('understood', 'ignored')
  ORDER BY received_at LIMIT :most) RETURNING id;

-- name: announcements_to_forget(before, most)
SELECT * FROM announcements WHERE forgotten_at IS NULL AND settled_at < :before ORDER BY settled_at NULLS FIRST LIMIT :most;

-- name: announcement_forget(id, body, now)*!
-- The row stays: what became of its event is still told, and a mail about it can be composed again.
UPDATE announcements SET body = :body, forgotten_at = :now WHERE id = :id;

-- name: forget_attempts(before_id, most)
-- Ids are in the order of time. Those of a mail that still needs a decision stay.
DELETE FROM delivery_attempts WHERE id IN (
  SELECT a.id FROM delivery_attempts a JOIN outbox o ON o.id = a.outbox_id
  WHERE a.id < :before_id AND o.state IN ('sent', 'failed', 'expired') ORDER BY a.id LIMIT :most) RETURNING id;

-- name: forget_declarations(before, before_id, most)
-- Ids are in the order of time: the first bound spares a look at all the others. What is still to be mailed is needed.
DELETE FROM declarations WHERE id IN (
  SELECT d.id FROM declarations d
  WHERE d.settled_at IS NOT NULL AND d.id < :before_id AND d.settled_at < :before
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.state <> 'sent' AND o.state IN ('due', 'deferred', 'sending', 'parked')
      AND json_extract(o.params, '$.declaration') = d.id)
  ORDER BY d.id LIMIT :most) RETURNING id;

-- name: forget_sessions(before, most)
DELETE FROM sessions WHERE id_hash IN (
  SELECT id_hash FROM sessions WHERE created_at < :before ORDER BY created_at LIMIT :most) RETURNING id_hash;

-- name: forget_link_requests(before, most)
DELETE FROM link_requests WHERE id IN (
  SELECT id FROM link_requests WHERE asked_at < :before ORDER BY asked_at LIMIT :most) RETURNING id;

-- name: forget_links(before, most)
-- Links to documents are not these.
DELETE FROM links WHERE id IN (
  SELECT l.id FROM links l WHERE l.purpose = 'access' AND l.expires_at < :before
    AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.link_id = l.id)
    AND NOT EXISTS (SELECT 1 FROM link_requests r WHERE r.link_id = l.id)
  ORDER BY l.expires_at LIMIT :most) RETURNING id;

-- name: forget_merchant_sessions(before, most)
DELETE FROM merchant_sessions WHERE id_hash IN (
  SELECT id_hash FROM merchant_sessions WHERE created_at < :before ORDER BY created_at LIMIT :most) RETURNING id_hash;

-- name: forget_merchant_requests(before, most)
DELETE FROM merchant_requests WHERE id IN (
  SELECT id FROM merchant_requests WHERE asked_at < :before ORDER BY asked_at LIMIT :most) RETURNING id;

-- name: forget_merchant_links(before, most)
DELETE FROM merchant_links WHERE id IN (
  SELECT l.id FROM merchant_links l WHERE l.expires_at < :before
    AND NOT EXISTS (SELECT 1 FROM merchant_sessions s WHERE s.link_id = l.id)
  ORDER BY l.expires_at LIMIT :most) RETURNING id;
