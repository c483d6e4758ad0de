-- name: actions_open(most)
-- The longest open come first.
SELECT p.*, s.name AS plan_name, c.name AS customer_name, c.email AS customer_email FROM provider_actions p
LEFT JOIN subscriptions s ON s.source = p.source AND s.ref = p.ref JOIN customers c ON c.id = p.customer_id
WHERE p.state IN ('due', 'accepted', 'manual') ORDER BY p.requested_at, p.id LIMIT :most;

-- name: actions_newest(before, most)
SELECT p.*, s.name AS plan_name, c.name AS customer_name, c.email AS customer_email FROM provider_actions p
LEFT JOIN subscriptions s ON s.source = p.source AND s.ref = p.ref JOIN customers c ON c.id = p.customer_id
WHERE p.id < :before ORDER BY p.id DESC LIMIT :most;

