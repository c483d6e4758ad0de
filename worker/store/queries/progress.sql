-- name: transactions_held(state, most)
SELECT * FROM (SELECT * FROM transactions WHERE state = 'waiting'
  UNION ALL SELECT * FROM transactions WHERE state = 'quarantined') held
WHERE CAST(:state AS TEXT) IS NULL OR held.state = CAST(:state AS TEXT) ORDER BY accepted_at DESC, id DESC LIMIT :most;

-- name: transactions_quarantined()^
SELECT COUNT(*) AS n FROM transactions WHERE state = 'quarantined';

-- name: transaction_requeue(id, now)^
-- What a restore set aside is let through from now on.
UPDATE transactions SET state = 'due', attempts = 0, due_at = :now,
  reason = CASE WHEN reason = 'restored' THEN 'let through' ELSE NULL END
WHERE id = :id AND state = 'quarantined' RETURNING id;

-- name: transactions_odd(customer_id, most)
-- A refund that says nothing of the customer belongs to its sale's.
SELECT * FROM transactions WHERE flag IS NOT NULL AND id IN (
  SELECT t.id FROM transactions t WHERE t.customer_id = :customer_id
  UNION SELECT r.id FROM transactions t JOIN transactions r ON r.sale_payment_id = t.payment_id
  WHERE t.customer_id = :customer_id)
ORDER BY id DESC LIMIT :most;
