-- name: declaration_insert(id, digest, what, name, contract, email, manner, reason, end_on, received_at, locale, customer_id, owner_id, proven)^
INSERT INTO declarations (id, digest, what, name, contract, email, manner, reason, end_on, received_at, locale,
  customer_id, owner_id, proven)
VALUES (:id, :digest, :what, :name, :contract, :email, :manner, :reason, :end_on, :received_at, :locale,
  :customer_id, :owner_id, :proven)
ON CONFLICT (digest) DO NOTHING RETURNING id;

-- name: declaration_by_digest(digest)^
SELECT * FROM declarations WHERE digest = :digest;

-- name: declaration_by_id(id)^
SELECT * FROM declarations WHERE id = :id;

-- name: declaration_asked(id, cancel_id)!
UPDATE declarations SET cancel_id = :cancel_id WHERE id = :id;

-- name: declaration_settle(id, settled_at, settled_by)^
UPDATE declarations SET settled_at = :settled_at, settled_by = :settled_by
WHERE id = :id AND settled_at IS NULL RETURNING *;

-- name: declarations_open(most)
-- The longest waiting come first: ids are ordered by time.
SELECT * FROM declarations WHERE settled_at IS NULL ORDER BY id LIMIT :most;

-- name: declarations_settled(most)
SELECT * FROM declarations WHERE settled_at IS NOT NULL ORDER BY id DESC LIMIT :most;

-- name: declarations_of(customer_id, since, most)
SELECT * FROM declarations WHERE customer_id = :customer_id AND received_at > :since
ORDER BY received_at DESC, id LIMIT :most;

-- name: declarations_count_open(most)^
SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM declarations WHERE settled_at IS NULL ORDER BY id LIMIT :most) AS counted;

-- name: declaration_named(customer_id, numbers)
-- The customer's subscriptions that one of these numbers names: the order's, the invoice's, the payment's, or its own.
SELECT DISTINCT t.source, t.subscription_ref AS ref FROM transactions t
WHERE t.customer_id = :customer_id AND t.subscription_ref IS NOT NULL AND (
  t.subscription_ref IN (SELECT value FROM json_each(CAST(:numbers AS TEXT)))
  OR t.source_id IN (SELECT value FROM json_each(CAST(:numbers AS TEXT)))
  OR t.payment_id IN (SELECT i.payment_id FROM invoices i
    WHERE i.number IN (SELECT value FROM json_each(CAST(:numbers AS TEXT))))
  OR t.payment_id IN (SELECT r.payment_id FROM payment_references r
    WHERE r.reference IN (SELECT value FROM json_each(CAST(:numbers AS TEXT)))));

-- name: declarations_settle_cancelled(cancel_id, settled_at, settled_by)!
-- Who cancelled for a reason waits for more than the end of the payments.
UPDATE declarations SET settled_at = :settled_at, settled_by = :settled_by
WHERE cancel_id = :cancel_id AND settled_at IS NULL AND manner = 'ordinary';
