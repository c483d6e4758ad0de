-- name: inquiries_due(sources, before, now, most)
-- Whose address a receipt waits for since `before`, and whose account can be asked. Once for each customer.
SELECT DISTINCT r.source, r.ref, COALESCE(i.tries, 0) AS tries FROM transactions t
JOIN customer_refs r ON r.customer_id = t.customer_id
LEFT JOIN inquiries i ON i.source = r.source AND i.ref = r.ref
WHERE t.state = 'waiting' AND t.waits_for = 'address' AND t.accepted_at <= :before
  AND r.source IN (SELECT value FROM json_each(CAST(:sources AS TEXT))) AND (i.source IS NULL OR i.due_at <= :now)
ORDER BY r.source, r.ref LIMIT :most;

-- name: inquiry_begin(source, ref, now, again_at)^
-- One process asks; if it dies before the answer, it is asked again at `again_at`.
INSERT INTO inquiries (source, ref, standing, tries, asked_at, due_at)
VALUES (:source, :ref, 'asking', 1, :now, :again_at)
ON CONFLICT (source, ref) DO UPDATE SET tries = inquiries.tries + 1, asked_at = excluded.asked_at,
  due_at = excluded.due_at WHERE inquiries.due_at <= excluded.asked_at
RETURNING tries;

-- name: inquiry_settle(source, ref, standing, reason, due_at)!
UPDATE inquiries SET standing = :standing, reason = :reason, due_at = :due_at WHERE source = :source AND ref = :ref;

-- name: inquiry_end(source, ref)!
DELETE FROM inquiries WHERE source = :source AND ref = :ref;

-- name: inquiries_about(ids)
-- What became of asking for the customers of these transactions; of several the newest last.
SELECT t.id, i.* FROM transactions t
JOIN customer_refs r ON r.customer_id = t.customer_id
JOIN inquiries i ON i.source = r.source AND i.ref = r.ref
WHERE t.id IN (SELECT value FROM json_each(CAST(:ids AS TEXT))) ORDER BY i.asked_at, i.source, i.ref;

-- name: inquiries_open()
-- Those that a receipt still waits for.
SELECT DISTINCT i.* FROM transactions t
JOIN customer_refs r ON r.customer_id = t.customer_id
JOIN inquiries i ON i.source = r.source AND i.ref = r.ref
WHERE t.state = 'waiting' AND t.waits_for = 'address' ORDER BY i.source, i.asked_at DESC, i.ref;

-- name: events_incomplete(source, names, now, most)
-- Events whose rest the provider can be asked for. Their inquiries go by our own ids, which no customer of its has.
SELECT e.*, COALESCE(i.tries, 0) AS tries FROM events e
LEFT JOIN inquiries i ON i.source = e.source AND i.ref = e.id
WHERE e.state = 'quarantined' AND e.source = :source AND e.forgotten_at IS NULL
  AND e.name IN (SELECT value FROM json_each(CAST(:names AS TEXT))) AND (i.source IS NULL OR i.due_at <= :now)
ORDER BY e.id LIMIT :most;

-- name: event_incomplete_why(id, reason)!
UPDATE events SET reason = :reason WHERE id = :id AND state = 'quarantined';
