-- name: action_claim(source, owner, now, seconds, most)
-- Not while something else about the same subscription is being asked: an earlier wish must not come after a later one.
UPDATE provider_actions SET lease = :owner, lease_until = now_us() + CAST(:seconds AS BIGINT) * 1000000
WHERE id IN (
  SELECT p.id FROM provider_actions p
  WHERE p.source = :source AND p.state = 'due' AND p.due_at <= :now
    AND (p.lease_until IS NULL OR p.lease_until < now_us())
    AND NOT EXISTS (
      SELECT 1 FROM provider_actions o
      WHERE o.lease IS NOT NULL AND o.source = p.source AND o.ref = p.ref AND o.id <> p.id AND o.lease_until >= now_us())
  ORDER BY p.due_at LIMIT :most FOR UPDATE SKIP LOCKED)
RETURNING *;
