-- name: link_insert(id, purpose, customer_id, invoice_id, created_at, expires_at)*!
INSERT INTO links (id, purpose, customer_id, invoice_id, created_at, expires_at)
VALUES (:id, :purpose, :customer_id, :invoice_id, :created_at, :expires_at);

-- name: link_by_id(id)^
SELECT * FROM links WHERE id = :id;

-- name: links_of_invoices(ids)
SELECT id, purpose, invoice_id FROM links
WHERE invoice_id IN (SELECT value FROM json_each(CAST(:ids AS TEXT))) AND revoked_at IS NULL ORDER BY created_at, id;
