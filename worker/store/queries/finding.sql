-- name: find_emails(since, until, most)
SELECT customer_id, address AS matched FROM customer_emails
WHERE identity >= :since AND identity < :until ORDER BY identity LIMIT :most;

-- name: find_names(since, until, most)
SELECT id AS customer_id, name AS matched FROM customers
WHERE name IS NOT NULL AND lower(name) >= :since AND lower(name) < :until LIMIT :most;

-- name: find_last_names(since, until, most)
SELECT id AS customer_id, name AS matched FROM customers
WHERE name IS NOT NULL AND lower(substr(name, length(rtrim(name, replace(name, ' ', ''))) + 1)) >= :since
  AND lower(substr(name, length(rtrim(name, replace(name, ' ', ''))) + 1)) < :until LIMIT :most;

-- name: find_companies(since, until, most)
SELECT id AS customer_id, company AS matched FROM customers
WHERE company IS NOT NULL AND lower(company) >= :since AND lower(company) < :until LIMIT :most;

-- name: find_orders(since, until, most)
SELECT customer_id, source_id AS matched FROM transactions
WHERE source_id >= :since AND source_id < :until AND customer_id IS NOT NULL ORDER BY source_id LIMIT :most;

-- name: find_numbers(since, until, most)
SELECT customer_id, number AS matched FROM invoices
WHERE number IS NOT NULL AND number >= :since AND number < :until LIMIT :most;

-- name: find_references(reference, most)
SELECT t.customer_id, p.reference AS matched FROM payment_references p
JOIN transactions t ON t.payment_id = p.payment_id
WHERE p.reference = :reference AND t.customer_id IS NOT NULL LIMIT :most;

-- name: find_subscriptions(reference, most)
SELECT customer_id, ref AS matched FROM subscriptions
WHERE ref = :reference AND customer_id IS NOT NULL LIMIT :most;

-- name: find_refs(reference, most)
SELECT customer_id, ref AS matched FROM customer_refs WHERE ref = :reference LIMIT :most;

-- name: find_cards(card_end, most)
-- The newest payments by cards that end so.
SELECT customer_id, card_end AS matched FROM transactions
WHERE card_end = :card_end AND card_end IS NOT NULL AND customer_id IS NOT NULL ORDER BY id DESC LIMIT :most;

-- name: customers_of(ids)
SELECT * FROM customers WHERE id IN (SELECT value FROM json_each(CAST(:ids AS TEXT)));

-- name: customers_newest(most)
SELECT * FROM customers ORDER BY id DESC LIMIT :most;

-- name: customer_transactions(customer_id, most)
-- The newest, each with the document of its payment.
SELECT t.id, t.source, t.source_id, t.kind, t.total, t.currency, t.occurred_at, t.state, t.test, t.flag, t.card_end,
  i.id AS invoice_id, i.number
FROM transactions t LEFT JOIN invoices i ON i.payment_id = t.payment_id
WHERE t.customer_id = :customer_id ORDER BY t.occurred_at DESC, t.id DESC LIMIT :most;
