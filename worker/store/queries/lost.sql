-- name: lost_by_number(numbers, most)
SELECT customer_id FROM invoices WHERE number IN (SELECT value FROM json_each(CAST(:numbers AS TEXT)))
UNION
SELECT customer_id FROM transactions
WHERE source_id IN (SELECT value FROM json_each(CAST(:numbers AS TEXT))) AND customer_id IS NOT NULL
UNION
SELECT t.customer_id FROM payment_references r JOIN transactions t ON t.payment_id = r.payment_id
WHERE r.reference IN (SELECT value FROM json_each(CAST(:numbers AS TEXT))) AND t.customer_id IS NOT NULL
LIMIT :most;

-- name: lost_by_payment(totals, since, until, digits, most)
SELECT customer_id, currency, total FROM transactions
WHERE total IN (SELECT CAST(value AS BIGINT) FROM json_each(CAST(:totals AS TEXT)))
  AND occurred_at >= :since AND occurred_at < :until AND kind IN ('sale', 'renewal') AND customer_id IS NOT NULL
  AND json_extract(body, '$.payment.last4') = CAST(:digits AS TEXT) LIMIT :most;
