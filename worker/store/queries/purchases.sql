-- name: purchase_document(customer_id, id)^
SELECT id, issued_at, frozen FROM invoices WHERE id = :id AND customer_id = :customer_id AND frozen IS NOT NULL;
