-- name: notice_insert(id, mail_id, customer_id, received_at, proven_at)^
INSERT INTO notices (id, mail_id, customer_id, received_at, proven_at)
VALUES (:id, :mail_id, :customer_id, :received_at, :proven_at)
ON CONFLICT (mail_id) DO NOTHING RETURNING id;

-- name: notices_of(customer_id, since, most)
-- Those that are proven first: strangers must not push them out of sight.
SELECT received_at, proven_at FROM notices WHERE customer_id = :customer_id AND received_at > :since
ORDER BY CASE WHEN proven_at IS NULL THEN 1 ELSE 0 END, received_at DESC LIMIT :most;

-- name: allowance_take(name, now, cost, per)^
-- Takes one where there is one left, in one statement: two at once can't both have the last.
INSERT INTO allowances AS a (name, whole_at) VALUES (:name, CAST(:now AS BIGINT) + CAST(:cost AS BIGINT))
ON CONFLICT (name) DO UPDATE
SET whole_at = CASE WHEN a.whole_at > CAST(:now AS BIGINT) THEN a.whole_at ELSE CAST(:now AS BIGINT) END
             + CAST(:cost AS BIGINT)
WHERE a.whole_at + CAST(:cost AS BIGINT) <= CAST(:now AS BIGINT) + CAST(:per AS BIGINT) RETURNING name;

-- name: allowances_forget(now)!
DELETE FROM allowances WHERE whole_at <= :now;
