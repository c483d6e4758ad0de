-- name: purchases_newest(customer_id, most)
-- What a first page shows; a search's conditions would cost as much again as all the rest of that page's queries.
SELECT id, issued_at, frozen FROM invoices
WHERE customer_id = :customer_id AND frozen IS NOT NULL
ORDER BY issued_at DESC, id DESC LIMIT :most;

-- name: purchase_document(customer_id, id)^
SELECT id, issued_at, frozen FROM invoices WHERE id = :id AND customer_id = :customer_id AND frozen IS NOT NULL;

-- name: purchases_subscriptions(customer_id, most)
SELECT source, payment_id, body FROM transactions
WHERE customer_id = :customer_id AND state <> 'quarantined' AND subscription_ref IS NOT NULL
ORDER BY occurred_at DESC, id DESC LIMIT :most;
