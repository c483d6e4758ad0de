-- name: outbox_claim(owner, now, seconds, most)
UPDATE outbox SET lease = :owner, lease_until = now_us() + :seconds * 1000000
WHERE id IN (
  SELECT id FROM outbox
  WHERE state IN ('due', 'deferred') AND due_at <= :now AND (lease_until IS NULL OR lease_until < now_us())
  ORDER BY due_at LIMIT :most)
RETURNING *;
